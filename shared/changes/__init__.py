"""What changed, in the order in which it became true: the log behind the feeds and the webhooks of a service."""
