"""Takes one line of a file: what a person would have sent by the API, with the same rules and the same refusals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.csv_lines import Line
from services.directory.domain.identifiers import InvalidIdentifier, parse_siren
from services.directory.domain.imports import Outcome
from services.directory.operations import progiciels, usages
from services.directory.operations.context import DirectoryProcess
from services.directory.operations.progiciels import MODULES, PROGICIELS, USAGES, name_key
from services.directory.schemas.progiciels import ModuleInput, ProgicielInput
from services.directory.schemas.usages import UsageInput
from services.directory.store import imports as store
from shared.answers import english_message, french_message
from shared.auth import Caller
from shared.problems import InvalidRequest, Problem

_YES_NO = {
    "oui": True,
    "non": False,
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
}


@dataclass(frozen=True)
class Taken:
    """What became of a line: an outcome, why, and the path of the entry it is about."""

    outcome: Outcome
    fr: str
    en: str
    slug: str | None = None
    subject: str | None = None


class LineRefused(ValueError):
    """A line that cannot be taken."""

    def __init__(self, slug: str, fr: str, en: str) -> None:
        super().__init__(en)
        self.slug, self.fr, self.en = slug, fr, en


async def take(
    context: DirectoryProcess, session: AsyncSession, resource: str, line: Line, caller: Caller
) -> Taken:
    """Take one line, or tell why it is refused: then nothing of it is written."""
    if line.refused is not None:
        slug, fr, en = line.refused
        return Taken(Outcome.REFUSED, fr, en, slug)
    try:
        async with session.begin_nested():
            return await _TAKERS[resource](context, session, line.values, caller)
    except LineRefused as refused:
        return Taken(Outcome.REFUSED, refused.fr, refused.en, refused.slug)
    except ValidationError as error:
        return _misfit(error)
    except InvalidRequest as problem:
        told: Any = problem.extra["errors"]
        return Taken(Outcome.REFUSED, told[0]["message"], told[0]["message_en"], problem.slug)
    except Problem as problem:
        return Taken(Outcome.REFUSED, problem.fr, problem.en, problem.slug)


async def _take_usage(
    context: DirectoryProcess, session: AsyncSession, values: dict[str, str], caller: Caller
) -> Taken:
    body = UsageInput.model_validate(
        {
            "siren": values["siren"],
            "progiciel_id": await _progiciel(session, values),
            "version": values.get("version", ""),
            "domaine": values["domaine"],
            "export_wanted": _yes_no(values.get("export_wanted", "")),
            "source": _source(values),
            "stated_on": _day(values.get("stated_on", "")),
        }
    )
    repeated = await usages.repeat_usage(session, body, caller=caller)
    if repeated is not None:
        usage_id, changed = repeated
        return _added(f"{USAGES}/{usage_id}") if changed else _unchanged(f"{USAGES}/{usage_id}")
    usage_id = await usages.add_usage(context, session, body, caller=caller, key=None)
    return _added(f"{USAGES}/{usage_id}")


async def _take_progiciel(
    context: DirectoryProcess, session: AsyncSession, values: dict[str, str], caller: Caller
) -> Taken:
    body = ProgicielInput.model_validate({**values, "url": values.get("url") or None})
    held = await store.find_progiciel(session, body.editeur, name_key(body.nom))
    if held is not None:
        same = (held["description"], held["url"]) == (body.description, body.url)
        return _unchanged(f"{PROGICIELS}/{held['id']}") if same else _differs(f"{PROGICIELS}/{held['id']}")
    progiciel_id = await progiciels.add_progiciel(context, session, body, caller=caller, key=None)
    return _added(f"{PROGICIELS}/{progiciel_id}")


async def _take_module(
    context: DirectoryProcess, session: AsyncSession, values: dict[str, str], caller: Caller
) -> Taken:
    body = ModuleInput.model_validate(
        {
            "domaine": values["domaine"],
            "schema": {"name": values["schema"], "version": values.get("schema_version", "")},
            "policy": values["policy"],
            "price_note": values.get("price_note", ""),
            "available_since": _day(values.get("available_since", "")),
            "source": _source(values),
            "stated_on": _day(values.get("stated_on", "")),
        }
    )
    progiciel_id = await _progiciel(session, values)
    columns = {
        "progiciel_id": progiciel_id,
        "domaine": body.domaine,
        "schema_name": body.schema_.name,
        "schema_version": body.schema_.version,
    }
    held = await store.find_module(session, columns)
    if held is not None:
        terms = ("policy", "price_note", "available_since")
        same = all(held[name] == getattr(body, name) for name in terms)
        return _unchanged(f"{MODULES}/{held['id']}") if same else _differs(f"{MODULES}/{held['id']}")
    module_id = await progiciels.add_module(context, session, progiciel_id, body, caller=caller, key=None)
    return _added(f"{MODULES}/{module_id}")


_TAKERS = {"usages": _take_usage, "progiciels": _take_progiciel, "modules": _take_module}


async def _progiciel(session: AsyncSession, values: dict[str, str]) -> UUID:
    """Return the id of the application that a line names, by its id or by its vendor and name."""
    if given := values.get("progiciel_id"):
        try:
            return UUID(given)
        except ValueError:
            raise LineRefused(
                "invalid-request",
                "« progiciel_id » n'est pas un identifiant UUID.",
                "`progiciel_id` is not a UUID.",
            ) from None
    try:
        editeur = parse_siren(values.get("editeur", ""))
    except InvalidIdentifier as refused:
        raise LineRefused(
            "invalid-request", f"« editeur » : {refused.fr}", f"`editeur`: {refused.en}"
        ) from None
    held = await store.find_progiciel(session, editeur, name_key(values.get("progiciel", "")))
    if held is None:
        raise LineRefused(
            "not-listed",
            f"L'éditeur {editeur} n'a pas de progiciel de ce nom dans l'annuaire : vérifiez le nom dans {PROGICIELS}, "
            "ou ajoutez le progiciel d'abord.",
            f"The vendor {editeur} has no application of this name in the directory: check the name in {PROGICIELS}, "
            "or add the application first.",
        )
    return UUID(str(held["id"]))


def _source(values: dict[str, str]) -> dict[str, Any]:
    return {"kind": "import", "url": values.get("source_url") or None, "note": values.get("note", "")}


def _yes_no(text: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in _YES_NO:
        raise LineRefused(
            "invalid-request",
            "« export_wanted » vaut « oui », « non » ou rien.",
            "`export_wanted` is `oui`, `non` or empty.",
        )
    return _YES_NO[text.lower()]


def _day(text: str) -> str | None:
    """Return a date as ISO 8601 writes it; a spreadsheet in French writes 31/12/2025."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y").date().isoformat()  # noqa: DTZ007
    except ValueError:
        return text


def _misfit(error: ValidationError) -> Taken:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "?"
    context = first.get("ctx") or {}
    french = french_message(first["type"], context, first["msg"])
    english = english_message(context, first["msg"])
    return Taken(Outcome.REFUSED, f"« {place} » : {french}", f"`{place}`: {english}", "invalid-request")


def _added(subject: str) -> Taken:
    return Taken(Outcome.ACCEPTED, "Enregistrée.", "Recorded.", subject=subject)


def _unchanged(subject: str) -> Taken:
    return Taken(
        Outcome.UNCHANGED,
        "Déjà dans l'annuaire, à l'identique.",
        "In the directory already, the same.",
        subject=subject,
    )


def _differs(subject: str) -> Taken:
    return Taken(
        Outcome.REFUSED,
        "Déjà dans l'annuaire, avec d'autres valeurs : un import ne remplace rien ; modifiez l'entrée elle-même "
        "(PUT, avec If-Match).",
        "In the directory already, with other values: an import replaces nothing; edit the entry itself (PUT, with "
        "If-Match).",
        "already-listed",
        subject,
    )
