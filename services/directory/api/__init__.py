"""The HTTP API of the directory: a router per resource."""
