"""The HTTP API of the validation service: a router per resource."""
