"""All the SQL of the directory service, a module per resource."""
