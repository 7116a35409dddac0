"""`socle label verify`: verifies a label's credential without asking anybody."""

import json
from pathlib import Path
from typing import Any

import click

from services.validation.domain.labels import multikey
from services.validation.domain.labels.did import read_did_document
from services.validation.domain.labels.instants import read_instant
from services.validation.domain.labels.keys import KeyRing, LabelKey
from services.validation.domain.labels.presented import REASONS as UNREADABLE
from services.validation.domain.labels.presented import Presented, Unreadable, read_object, read_presented
from services.validation.domain.labels.proof import Altered, proof_of
from services.validation.domain.labels.verification import REASONS, Outcome, Verdict, verify_offline
from shared.clock import now

MOST_BYTES = 2_000_000
EXIT_REFUSED = 1

file_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def label() -> None:
    """Le label « Conformité OpenData SCDL ». / The label."""


@label.command()
@click.argument("file", type=file_type)
@click.option(
    "--did", "did_file", type=file_type, help="Document DID de l'émetteur (did.json). / DID document."
)
@click.option("--key", "public_key", help="Clé publique de l'émetteur (z6Mk…). / Public key of the issuer.")
@click.option(
    "--status-list",
    "lists",
    type=file_type,
    multiple=True,
    help="Liste d'état téléchargée (révocation, suspension). / Status list downloaded.",
)
@click.option("--json", "as_json", is_flag=True, help="Répondre en JSON. / Answer in JSON.")
def verify(
    file: Path, did_file: Path | None, public_key: str | None, lists: tuple[Path, ...], as_json: bool
) -> None:
    """Vérifier hors ligne une attestation (JSON, JWT ou badge SVG) ; code de sortie 1 si elle ne vaut pas.

    Verify a credential offline (JSON, JWT or SVG badge); exits with 1 when it is not valid.
    """
    if (did_file is None) == (public_key is None):
        raise click.UsageError("Donnez --did ou --key. / Give --did or --key.")
    presented = _presented(file)
    if did_file is not None:
        did, ring = _anchored(did_file)
    else:
        did, ring = _single(presented, str(public_key))
    verdict = verify_offline(presented, [_read(one) for one in lists], did, ring, now())
    _show(verdict, presented, as_json)
    if verdict.outcome is not Outcome.VALID:
        raise SystemExit(EXIT_REFUSED)


def _presented(file: Path) -> Presented:
    try:
        presented = read_presented(_bytes(file))
        if presented.form == "address":
            raise Unreadable("unknown")
    except Unreadable as error:
        raise _refusal(file, error) from error
    return presented


def _anchored(file: Path) -> tuple[str, KeyRing]:
    try:
        return read_did_document(_read(file))
    except ValueError as error:
        raise click.ClickException(
            f"{file} n'est pas un document DID avec des clés Ed25519. / It is no DID document with Ed25519 keys."
        ) from error


def _single(presented: Presented, text: str) -> tuple[str, KeyRing]:
    """Return the issuer that the credential names, with this one key under the name that the credential gives it."""
    try:
        public = multikey.read_public(text)
    except ValueError as error:
        raise click.BadParameter(
            "ce n'est pas une clé publique Ed25519 (z6Mk…) / this is no Ed25519 public key",
            param_hint="--key",
        ) from error
    try:
        header = presented.header
        method = str(
            header.get("kid") if header is not None else proof_of(presented.document)["verificationMethod"]
        )
    except Altered:
        method = ""
    did, _, key_id = method.partition("#")
    return did, KeyRing((LabelKey(key_id, read_instant("1970-01-01T00:00:00Z"), public),))


def _show(verdict: Verdict, presented: Presented, as_json: bool) -> None:
    title_fr, title_en = verdict.title
    reason_fr, reason_en = REASONS[verdict.code]
    if as_json:
        document = {
            "outcome": verdict.outcome.value,
            "code": verdict.code,
            "reason": reason_fr,
            "reason_en": reason_en,
            "form": presented.form,
            "status_checked": verdict.status_checked,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(f"{title_fr} / {title_en}")
    click.echo(f"{reason_fr}\n{reason_en}")
    if verdict.outcome is Outcome.VALID:
        click.echo(presented.document.get("name", ""))


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_object(_bytes(file).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _refusal(file, Unreadable("text")) from error
    except Unreadable as error:
        raise _refusal(file, error) from error


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES)


def _refusal(file: Path, error: Unreadable) -> click.ClickException:
    fr, en = UNREADABLE[error.reason]
    return click.ClickException(f"{file} : {fr}.\n{file}: {en}.")
