"""Bodies and parameters of the validation API, a module per resource."""
