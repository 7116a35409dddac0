"""`socle keys signing`: the keys that sign labels, in a file that only its owner may read."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from services.validation.domain.labels.instants import write_instant
from services.validation.domain.labels.keys import KeyRing, UnusableKeys, make_key, retire
from services.validation.operations.key_file import FILE_NAME, read_key_file, write_key_file
from services.validation.settings import ValidationSettings
from shared.clock import now
from socle.cli.options import data_option
from socle.settings import load_settings

T = TypeVar("T")
file_option = click.option(
    "--file",
    "chosen",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Fichier de clés ; à défaut SOCLE_VALIDATION_SIGNING_KEYS_FILE, puis celui de « socle dev ». / File of keys.",
)


@click.group()
def signing() -> None:
    """Les clés qui signent les labels : créer, lister, retirer. / The keys that sign labels."""


@signing.command()
@file_option
@data_option
def new(chosen: Path | None, data: Path) -> None:
    """Créer une clé, qui signe dès lors ; les autres vérifient toujours. / Create a key, which signs from now on."""
    path = _path(chosen, data)
    ring = _usable(lambda: read_key_file(path)) if path.exists() else KeyRing()
    key = make_key(now())
    _write(path, ring.with_key(key))
    click.echo(key.id)
    click.echo(
        f"Écrite dans {path} (lisible par vous seul). Sauvegardez ce fichier ; ne l'enregistrez nulle part ailleurs.\n"
        f"Written in {path} (readable by you alone). Back this file up; keep it nowhere else.",
        err=True,
    )


@signing.command(name="list")
@file_option
@data_option
def list_(chosen: Path | None, data: Path) -> None:
    """Lister les clés, sans leur secret ; la première active signe. / List the keys, without their secret."""
    path = _path(chosen, data)
    ring = _usable(lambda: read_key_file(path))
    for key in ring.keys:
        words = "signe" if key is ring.signing else _STATES[key.state]
        ends = write_instant(key.retired) if key.retired is not None else "-"
        click.echo("\t".join((key.id, words, write_instant(key.created), ends)))


_STATES = {"active": "active", "retired": "retirée", "revoked": "révoquée"}


@signing.command(name="retire")
@click.argument("key_id", metavar="ID")
@click.option(
    "--compromised",
    is_flag=True,
    help="Le secret a fui : ce que la clé a signé n'est plus accepté. / The secret leaked: refuse what it signed.",
)
@file_option
@data_option
def retire_(key_id: str, compromised: bool, chosen: Path | None, data: Path) -> None:
    """Effacer le secret d'une clé : elle ne signe plus, et vérifie toujours. / Erase the secret of a key."""
    path = _path(chosen, data)
    ring = _usable(lambda: read_key_file(path))
    key = ring.find(key_id)
    if key is None:
        raise click.ClickException(
            f"Aucune clé ne porte l'identifiant « {key_id} » : voyez « socle keys signing list ».\n"
            f"No key has the id `{key_id}`: see `socle keys signing list`."
        )
    changed = ring.with_key(retire(key, now(), compromised=compromised))
    _write(path, changed)
    done = changed.find(key_id)
    assert done is not None
    click.echo(f"{key_id}: {_STATES[done.state]} / {done.state}")
    if changed.signing is None:
        click.echo(
            "Plus aucune clé ne signe : aucun label ne peut être délivré avant « socle keys signing new ».\n"
            "No key signs any more: no label can be granted before `socle keys signing new`.",
            err=True,
        )


def _path(chosen: Path | None, data: Path) -> Path:
    if chosen is not None:
        return chosen
    return load_settings(ValidationSettings).validation_signing_keys_file or data / FILE_NAME


def _write(path: Path, ring: KeyRing) -> None:
    try:
        write_key_file(path, ring)
    except OSError as error:
        raise click.ClickException(
            f"Le fichier {path} ne s'écrit pas ({error.strerror}). / The file cannot be written."
        ) from error


def _usable(work: Callable[[], T]) -> T:
    try:
        return work()
    except UnusableKeys as error:
        raise click.ClickException(f"{error.fr}.\n{error.en}.") from error
