"""Use cases of the validation service, a module per resource."""
