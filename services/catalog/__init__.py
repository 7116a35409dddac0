"""The catalog service: datasets of local governments, each resource with its true conformity.

It owns sources, datasets and resources (schema `catalog`).
It sends `catalog.resource.registered.v1`: a resource is to be validated.
It hears `validation.validation.completed.v1`: the verdict on a resource.
"""
