"""The reference beside us: random tables judged by both."""
