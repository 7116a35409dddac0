"""What an edition of the reference changes: bodies made, renamed, merged, gone; none of their former names is lost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from services.directory.domain.collectivites import Alias, Collectivite
from services.directory.domain.folding import words

FORMER_NAME = "ancien nom"

# code: (French, English)
KINDS: dict[str, tuple[str, str]] = {
    "creation": ("Création", "Creation"),
    "renommage": ("Changement de nom", "Renaming"),
    "fusion": ("Fusion", "Merger"),
    "suppression": ("Suppression", "Removal"),
    "retour": ("Retour", "Return"),
    "modification": ("Autre modification", "Other change"),
}


@dataclass(frozen=True)
class Held:
    """A body as the directory holds it; one that left the reference is kept, as removed."""

    body: Collectivite
    removed: bool


@dataclass(frozen=True)
class BodyChange:
    """What an edition makes of one body; `into_siren` is where a body that was merged is found now."""

    kind: str
    siren: str
    nom: str
    former_nom: str | None = None
    into_siren: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """An edition ready to be brought in, and what it changes."""

    bodies: Sequence[Collectivite]
    changes: Sequence[BodyChange]

    def counts(self) -> dict[str, int]:
        """Return how many bodies change, by kind of change."""
        found = dict.fromkeys(KINDS, 0)
        for change in self.changes:
            found[change.kind] += 1
        return found


def prepare(held: Iterable[Held], incoming: Iterable[Collectivite]) -> Prepared:
    """Compare an edition with what is held, and give its bodies the former names that they must keep."""
    before = {one.body.siren: one for one in held}
    listed = list(incoming)
    new = {body.siren: body for body in listed}
    merged = _merged(before, new)
    bodies = [_with_former_names(body, before, merged) for body in listed]
    changes = [change for body in bodies if (change := _change(before.get(body.siren), body)) is not None]
    for siren, one in before.items():
        if siren not in new and not one.removed:
            into = next((heir for heir, gone in merged.items() if siren in gone), None)
            kind = "suppression" if into is None else "fusion"
            changes.append(BodyChange(kind, siren, one.body.nom, into_siren=into))
    order = {kind: place for place, kind in enumerate(KINDS)}
    return Prepared(bodies, sorted(changes, key=lambda change: (order[change.kind], change.siren)))


def _merged(before: Mapping[str, Held], new: Mapping[str, Collectivite]) -> dict[str, list[str]]:
    """Return, by SIREN of the body that has them now, the communes that this edition merges into it."""
    by_code = {
        one.body.code_insee: siren
        for siren, one in before.items()
        if siren not in new and one.body.code_insee and not one.removed
    }
    found: dict[str, list[str]] = defaultdict(list)
    for body in new.values():
        for alias in body.aliases:
            if alias.code in by_code and by_code[alias.code] not in found[body.siren]:
                found[body.siren].append(by_code[alias.code])
    return {siren: gone for siren, gone in found.items() if gone}


def _with_former_names(
    body: Collectivite, before: Mapping[str, Held], merged: Mapping[str, Sequence[str]]
) -> Collectivite:
    aliases = list(body.aliases)
    mine = before.get(body.siren)
    kept = [alias for alias in mine.body.aliases if alias.nature == FORMER_NAME] if mine else []
    if mine is not None and words(mine.body.nom) != words(body.nom):
        kept.append(Alias(body.code_insee or body.siren, mine.body.nom, FORMER_NAME))
    for siren in merged.get(body.siren, ()):
        gone = before[siren].body
        aliases = [
            replace(alias, nom=gone.nom) if alias.code == gone.code_insee and not alias.nom else alias
            for alias in aliases
        ]
        # What was found by a former name of the commune that is gone still is.
        kept += [replace(alias, nature=FORMER_NAME) for alias in gone.aliases]
    if mine is not None:
        names = {alias.code: alias.nom for alias in mine.body.aliases}
        aliases = [alias if alias.nom else replace(alias, nom=names.get(alias.code, "")) for alias in aliases]
    listed = {(alias.code, tuple(words(alias.nom))) for alias in aliases}
    for alias in kept:
        key = (alias.code, tuple(words(alias.nom)))
        if key not in listed:
            listed.add(key)
            aliases.append(alias)
    return replace(body, aliases=tuple(aliases))


def _change(held: Held | None, body: Collectivite) -> BodyChange | None:
    if held is None:
        return BodyChange("creation", body.siren, body.nom)
    changed = tuple(
        field.name for field in fields(body) if getattr(held.body, field.name) != getattr(body, field.name)
    )
    if held.removed:
        return BodyChange("retour", body.siren, body.nom, fields=changed)
    if not changed:
        return None
    former = held.body.nom if held.body.nom != body.nom else None
    kind = "renommage" if former else "modification"
    return BodyChange(kind, body.siren, body.nom, former_nom=former, fields=changed)
