"""The catalog service: datasets of local governments, each resource with its true conformity.

It owns sources, organizations, datasets, resources and their verdicts (schema `catalog`).
It sends `catalog.resource.registered.v1`: a resource is to be validated; `catalog.resource.undeclared.v1`: which
schemas suit one that declares none; `catalog.dataset.published.v1` and `catalog.dataset.removed.v1`: what a dataset
counts for, now.
It hears `validation.validation.completed.v1`: the verdict on a resource; `validation.schema.suggested.v1`: the
schemas that suit one.
"""
