"""What changed last as a feed. Nothing personal is in it."""

from typing import Any

from services.directory.domain.domaines import DOMAINES
from services.directory.operations.addresses import EDITEURS, MODULES, PROGICIELS, USAGES
from services.directory.operations.atd import PATH as ATD
from services.directory.operations.context import DirectoryContext
from services.directory.store import feeds as store
from shared.atom import Deleted, Entry, Feed, write_feed
from shared.changes import log
from shared.dumps.response import LICENCE

# Where each kind of change is read; a version is read with its application.
PATHS = {
    "editeur": EDITEURS,
    "progiciel": PROGICIELS,
    "module": MODULES,
    "usage": USAGES,
    "atd": ATD,
}
_KINDS = {
    "editeur": "Éditeur",
    "progiciel": "Progiciel",
    "version": "Version",
    "module": "Module d'export",
    "usage": "Usage",
    "atd": "Animateur territorial de la donnée",
}


async def changes_feed(context: DirectoryContext, path: str, limit: int) -> bytes:
    """Return the Atom feed of the entries that changed last, those deleted among them."""
    changes = await log.latest_of_each(context.db, limit=limit)
    listed = [change for change in changes if _kind(change) in _KINDS]
    known = await store.headlines(context.db, [change["subject"] for change in listed])
    feed = Feed(
        link=context.link(path),
        home=context.link("/directory/v1/changes"),
        title="Annuaire : progiciels, éditeurs et usages, par dernier changement",
        author="Socle",
        rights=f"Licence Ouverte 2.0 ({LICENCE})",
    )
    return write_feed(feed, [_entry(context, change, known.get(change["subject"])) for change in listed])


def _kind(change: dict[str, Any]) -> str:
    return str(change["type"]).partition(".")[0]


def _entry(
    context: DirectoryContext, change: dict[str, Any], found: dict[str, Any] | None
) -> Entry | Deleted:
    kind, subject = _kind(change), change["subject"]
    identity = f"urn:socle:directory:{kind}:{subject}"
    if found is None:
        return Deleted(identity, change["recorded_at"])
    path = f"{PATHS[kind]}/{subject}" if kind in PATHS else PROGICIELS
    summary = DOMAINES[found["summary"]][0] if found["summary"] in DOMAINES else found["summary"]
    return Entry(
        id=identity,
        title=f"{_KINDS[kind]} : {found['title']}",
        link=context.link(path),
        updated=change["recorded_at"],
        summary=summary,
        categories=(kind,),
    )
