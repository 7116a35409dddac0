"""Bodies and parameters of the catalog API, a module per resource."""
