"""Use cases of the directory, a module per resource."""
