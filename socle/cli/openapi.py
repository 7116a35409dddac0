"""`socle openapi`: the OpenAPI documents as files, so that a change of the API shows in a review."""

import json
from pathlib import Path

import click

from socle.settings import load_settings
from socle.topology import SERVICES


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/openapi"),
    show_default=True,
    help="Dossier où écrire. / Folder to write in.",
)
def openapi(output: Path) -> None:
    """Écrire le document OpenAPI de chaque service. / Write each service's OpenAPI document."""
    output.mkdir(parents=True, exist_ok=True)
    for name in SERVICES:
        place = output / f"{name}.json"
        place.write_text(document(name), encoding="utf-8")
        click.echo(str(place))


def document(service: str) -> str:
    """Return a service's OpenAPI document as indented JSON, keys in a stable order."""
    part = SERVICES[service]
    schema = part.create_app(load_settings(part.settings_class)).openapi()
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
