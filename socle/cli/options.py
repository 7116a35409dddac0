"""Arguments and settings shared by the operator's commands."""

import json
import os
from pathlib import Path

import click

from shared.settings import Settings
from socle.settings import load_settings
from socle.topology import SERVICES

service_argument = click.argument("service", type=click.Choice(tuple(SERVICES)), metavar="SERVICE")
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Dossier des données de « socle dev ». / Data folder of `socle dev`.",
)


def administration_database(data: Path) -> str:
    """Return the URL of the database that an administration command works on.

    It is `SOCLE_DATABASE_URL` when set, else that of the `socle dev` which runs on the data folder.

    Raises:
        click.ClickException: neither is there.
    """
    if os.environ.get("SOCLE_DATABASE_URL"):
        return load_settings(Settings).database_url
    try:
        addresses = json.loads((data / "run" / "addresses.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"Aucune base à administrer : « socle dev » ne tourne pas sur {data}, et SOCLE_DATABASE_URL n'est pas "
            "renseignée. Lancez « make run » dans un autre terminal, ou renseignez la variable.\n"
            f"No database to work on: `socle dev` does not run on {data}, and SOCLE_DATABASE_URL is not set. "
            "Run `make run` in another terminal, or set the variable."
        ) from error
    return str(addresses["database_url"])
