"""Composition root: starts, serves and packages the three services. Nothing imports it."""
