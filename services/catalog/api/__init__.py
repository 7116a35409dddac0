"""The HTTP API of the catalog: a router per resource."""
