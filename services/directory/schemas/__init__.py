"""Bodies and parameters of the directory API, a module per resource."""
