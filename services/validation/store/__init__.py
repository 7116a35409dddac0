"""All the SQL of the validation service, a module per resource."""
