"""Reads a catalogue (RDF/XML) with ckanext-dcat's own parser and writes what it understood, a JSON object a line.

It runs in an environment of its own, with CKAN installed and neither its database nor its search.
"""

import json
import sys

from ckan.plugins.toolkit import config
from ckanext.dcat.processors import RDFParser

config["ckan.locale_default"] = "fr"
parser = RDFParser(profiles=["euro_dcat_ap_3"])
parser.parse(sys.stdin.buffer.read(), "xml")
for found in parser.datasets():
    extras = {extra["key"]: extra["value"] for extra in found.get("extras", [])}
    said = {
        "identifier": extras.get("identifier") or found.get("identifier"),
        "title": found["title"],
        "frequency": extras.get("frequency") or found.get("frequency"),
        "tags": sorted(tag["name"] for tag in found.get("tags", [])),
        "files": sorted([file.get("name"), file.get("url")] for file in found["resources"]),
    }
    sys.stdout.write(json.dumps(said) + "\n")
