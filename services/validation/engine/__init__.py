"""The tabular validation engine: a pure library (no web, no database, no network).

    from services.validation.engine import Options, parse_schema, validate

    report = validate("subventions.csv", schema, Options(samples=100))
    report.valid, report.counts, report.to_dict(language="fr")

Names are imported when first used: the command line must start fast.
"""
