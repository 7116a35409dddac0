"""The validation service: checks tabular files against Table Schemas and keeps the reports.

It owns validations and their reports (schema `validation`).
It sends `validation.schema.suggested.v1` and `validation.validation.completed.v1`.
It hears `catalog.resource.registered.v1`: a resource of the catalog is to be validated;
`catalog.resource.undeclared.v1`: which schemas suit one that declares none.
"""
