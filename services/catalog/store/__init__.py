"""All the SQL of the catalog service, a module per resource."""
