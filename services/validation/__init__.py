"""The validation service: checks tabular files against Table Schemas and keeps the reports."""
