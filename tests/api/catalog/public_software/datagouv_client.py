"""Drives the catalog with `datagouv-client`, the public client of data.gouv.fr, unchanged but for the address.

Arguments: the port, an API key, a file to upload, and a dataset and a resource as JSON. Writes what the client saw.
"""

import json
import logging
import sys

import datagouv

port, key, file, described, remote_file = sys.argv[1:]
logging.disable(logging.WARNING)
client = datagouv.Client(api_key=key, verbose=False)
client.base_url = f"http://127.0.0.1:{port}/catalog"
dataset = client.create_dataset(json.loads(described))
dataset.update({"title": "Autre"})
remote = dataset.create_remote(json.loads(remote_file))
remote.update({"title": "Année 2024"})
static = client.create_static_resource(file, {"title": "Déposé"}, dataset.id)
static.update({"title": "Déposé à nouveau"}, file_to_upload=file)
dataset.update_extras({"b": 2})
dataset.refresh()
dataset.sort_resources("title.asc")
static.delete()
dataset.refresh()
listed = client.get_all_from_api_query("api/1/datasets/?page_size=1", mask="data{id}")
seen = {
    "title": dataset.title,
    "extras": dataset.extras,
    "organization": dataset.organization.name,
    "resources": [item.title for item in dataset.resources],
    "listed": [item["id"] == dataset.id for item in listed],
}
dataset.delete()
sys.stdout.write(json.dumps(seen) + "\n")
