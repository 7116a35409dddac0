"""Takes the lines of a file: what a person would have sent by the API, with the same rules and the same refusals."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.csv_lines import Line
from services.directory.domain.identifiers import InvalidIdentifier, clean, parse_siren
from services.directory.domain.imports import Outcome
from services.directory.domain.names import name_key
from services.directory.operations import modules, progiciels, usages
from services.directory.operations.addresses import MODULES, PROGICIELS, USAGES
from services.directory.operations.modules import Proposed
from services.directory.schemas.progiciels import ModuleInput, ProgicielInput
from services.directory.schemas.usages import UsageInput
from services.directory.store import progiciels as store
from shared.answers import english_message, french_message
from shared.auth import Caller
from shared.problems import InvalidRequest, Problem

# Applications by their vendor and folded name.
Named = Mapping[tuple[str, str], UUID]

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


@dataclass(frozen=True, slots=True)
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


async def take(session: AsyncSession, resource: str, lines: Sequence[Line], caller: Caller) -> list[Taken]:
    """Take some lines together, with a number of statements that does not depend on how many they are.

    Returns what became of each; of a line that is refused nothing is written.
    """
    progiciels_of = await _named(session, lines)
    taken: dict[int, Taken] = {}
    readable: dict[int, Any] = {}
    for place, line in enumerate(lines):
        try:
            readable[place] = _READERS[resource](_values(line), progiciels_of)
        except LineRefused as refused:
            taken[place] = Taken(Outcome.REFUSED, refused.fr, refused.en, refused.slug)
        except ValidationError as error:
            taken[place] = _misfit(error)
    done = await _TAKERS[resource](session, list(readable.values()), caller)
    taken.update(zip(readable, done, strict=True))
    return [taken[place] for place in range(len(lines))]


def _values(line: Line) -> dict[str, str]:
    if line.refused is not None:
        raise LineRefused(*line.refused)
    return line.values


def _read_usage(values: dict[str, str], named: Named) -> UsageInput:
    return UsageInput.model_validate(
        {
            "siren": values["siren"],
            "progiciel_id": _progiciel(values, named),
            "version": values.get("version", ""),
            "domaine": values["domaine"],
            "export_wanted": _yes_no(values.get("export_wanted", "")),
            "source": _source(values),
            "stated_on": _day(values.get("stated_on", "")),
        }
    )


def _read_progiciel(values: dict[str, str], _named: Named) -> ProgicielInput:
    return ProgicielInput.model_validate({**values, "url": values.get("url") or None})


def _read_module(values: dict[str, str], named: Named) -> Proposed:
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
    return _progiciel(values, named), body


_READERS: dict[str, Callable[[dict[str, str], Named], Any]] = {
    "usages": _read_usage,
    "progiciels": _read_progiciel,
    "modules": _read_module,
}


async def _take_usages(session: AsyncSession, bodies: Sequence[UsageInput], caller: Caller) -> list[Taken]:
    missing = await usages.missing_parts(session, [(body.siren, body.progiciel_id) for body in bodies])
    listed = [body for body, problem in zip(bodies, missing, strict=True) if problem is None]
    stated = await usages.state_usages(session, listed, caller=caller)
    return _merged(missing, [_told(f"{USAGES}/{one.id}", new=one.changed) for one in stated])


async def _take_progiciels(
    session: AsyncSession, bodies: Sequence[ProgicielInput], caller: Caller
) -> list[Taken]:
    refused = await progiciels.refusals(session, bodies, caller=caller)
    allowed = [body for body, problem in zip(bodies, refused, strict=True) if problem is None]
    brought = await progiciels.bring_progiciels(session, allowed, caller=caller)
    done = []
    for body, one in zip(allowed, brought, strict=True):
        same = (one.row["description"], one.row["url"]) == (body.description, body.url)
        subject = f"{PROGICIELS}/{one.id}"
        done.append(_told(subject, new=one.new) if one.new or same else _differs(subject))
    return _merged(refused, done)


async def _take_modules(session: AsyncSession, proposed: Sequence[Proposed], caller: Caller) -> list[Taken]:
    refused = await modules.refusals(session, [one for one, _ in proposed], caller=caller)
    allowed = [one for one, problem in zip(proposed, refused, strict=True) if problem is None]
    stated = await modules.state_modules(session, allowed, caller=caller)
    done = [
        _differs(f"{MODULES}/{one}") if new is None else _told(f"{MODULES}/{one}", new=new)
        for one, new in stated
    ]
    return _merged(refused, done)


_TAKERS: dict[str, Callable[[AsyncSession, list[Any], Caller], Awaitable[list[Taken]]]] = {
    "usages": _take_usages,
    "progiciels": _take_progiciels,
    "modules": _take_modules,
}


def _merged(problems: Sequence[Problem | None], done: Iterable[Taken]) -> list[Taken]:
    """Return what became of each line: its problem, else the next of those that were taken."""
    following = iter(done)
    return [next(following) if problem is None else _refused(problem) for problem in problems]


def _refused(problem: Problem) -> Taken:
    if isinstance(problem, InvalidRequest):
        told: Any = problem.extra["errors"]
        return Taken(Outcome.REFUSED, told[0]["message"], told[0]["message_en"], problem.slug)
    return Taken(Outcome.REFUSED, problem.fr, problem.en, problem.slug)


async def _named(session: AsyncSession, lines: Sequence[Line]) -> Named:
    """Return the ids of the applications that some lines name by their vendor and name."""
    names = {
        (clean(line.values.get("editeur", "")), name_key(line.values["progiciel"]))
        for line in lines
        if line.values.get("progiciel")
    }
    return await store.find_by_name(session, names) if names else {}


def _progiciel(values: dict[str, str], named: Named) -> UUID:
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
    found = named.get((editeur, name_key(values.get("progiciel", ""))))
    if found is None:
        raise LineRefused(
            "not-listed",
            f"L'éditeur {editeur} n'a pas de progiciel de ce nom dans l'annuaire : vérifiez le nom dans {PROGICIELS}, "
            "ou ajoutez le progiciel d'abord.",
            f"The vendor {editeur} has no application of this name in the directory: check the name in {PROGICIELS}, "
            "or add the application first.",
        )
    return found


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


def _told(subject: str, *, new: bool) -> Taken:
    if new:
        return Taken(Outcome.ACCEPTED, "Enregistrée.", "Recorded.", subject=subject)
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
