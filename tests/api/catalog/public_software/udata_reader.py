"""Reads a catalogue (RDF/XML) with udata's own parser and writes what it understood, a JSON object a line.

It runs in an environment of its own, with `mongomock` in the place of MongoDB: the parser looks licences up there.
"""

import json
import socket
import sys
from typing import Any
from unittest import mock

import mongoengine
import mongomock
from flask import Flask
from flask_babel import Babel
from rdflib import RDF, Graph, Namespace
from udata.app import cache
from udata.core.dataset.models import License
from udata.core.dataset.rdf import dataset_from_rdf
from udata.settings import Defaults


def nothing_is_fetched(*_: Any) -> None:
    """Refuse at once: the parser would ask the addresses of concepts and of places what they mean."""
    raise OSError("no network here")


def every_host_is_public(host: str, *_: Any, **__: Any) -> list[Any]:
    """Resolve any name: an address is valid for udata when its host is not a private one."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 0))]


mock.patch.object(socket.socket, "connect", nothing_is_fetched).start()
mock.patch.object(socket, "getaddrinfo", every_host_is_public).start()
LICENSES = json.loads(sys.argv[1])

mongoengine.connect("reader", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
app = Flask("reader")
app.config.from_object(Defaults)
Babel(app)
cache.init_app(app, {"CACHE_TYPE": "NullCache"})
with app.app_context():
    for item in LICENSES:
        License(id=item["id"], title=item["title"], url=item["url"]).save()
    graph = Graph().parse(data=sys.stdin.buffer.read(), format="xml")
    for node in graph.subjects(RDF.type, Namespace("http://www.w3.org/ns/dcat#").Dataset):
        found = dataset_from_rdf(graph, node=node, dryrun=True)
        said = {
            "identifier": found.harvest.dct_identifier,
            "title": found.title,
            "license": found.license.id if found.license else None,
            "frequency": str(found.frequency.value) if found.frequency else None,
            "tags": sorted(found.tags),
            "files": sorted(
                [str(file.title), str(file.url), file.schema.name if file.schema else None]
                for file in found.resources
            ),
        }
        sys.stdout.write(json.dumps(said) + "\n")
