"""Arguments and settings shared by the operator's commands."""

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from shared.settings import Settings
from socle.topology import SERVICES

S = TypeVar("S", bound=Settings)

service_argument = click.argument("service", type=click.Choice(tuple(SERVICES)), metavar="SERVICE")
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Dossier des données de « socle dev ». / Data folder of `socle dev`.",
)


def load_settings(kind: type[S], **values: Any) -> S:
    """Return the settings read from the environment.

    Raises:
        click.ClickException: a variable has a value that cannot be; the message names each.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        wrong = "\n".join(
            f"  SOCLE_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise click.ClickException(f"Réglages refusés / Settings refused:\n{wrong}") from error


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
