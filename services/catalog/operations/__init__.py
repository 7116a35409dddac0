"""Use cases of the catalog, a module per resource."""
