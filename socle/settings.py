"""Settings as a command reads them: from the environment, and refused in words that name the variable."""

from typing import Any, TypeVar

import click
from pydantic import ValidationError

from shared.settings import Settings

S = TypeVar("S", bound=Settings)


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
