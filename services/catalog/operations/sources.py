"""Sources: portals that send their datasets. Operations never commit."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.problems import SourceExists, SourceHarvestsUs, SourceNotFound
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import owner_of, owners_of
from services.catalog.schemas.sources import SourceInput
from services.catalog.store import sources as store
from services.catalog.tables import Source
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id


async def create(
    session: AsyncSession,
    context: CatalogContext,
    body: SourceInput,
    *,
    caller: Caller,
    idempotency_key: str | None,
) -> None:
    """Create a source; raises `SourceExists` when its name is taken, `SourceHarvestsUs` when its address is ours."""
    refuse_ourselves(context, body.url)
    moment = now()
    source = Source(
        id=new_id(), owner=owner_of(caller), created_at=moment, modified_at=moment, **body.model_dump()
    )
    existing = await idempotency.claim(
        session,
        caller=caller.name,
        key=idempotency_key,
        request_fingerprint=idempotency.fingerprint("source", body.model_dump_json()),
        resource_id=source.id,
    )
    if existing is not None:
        return
    session.add(source)
    try:
        await session.flush()
    except IntegrityError as error:
        raise SourceExists.of(body.slug) from error


def refuse_ourselves(context: CatalogContext, url: str | None) -> None:
    """Raise `SourceHarvestsUs` for an address of this catalogue."""
    ours = urlsplit(context.settings.public_url)
    try:
        theirs = urlsplit(url or "")
        same = theirs.hostname == ours.hostname and theirs.port == ours.port
    except ValueError:
        return
    if url and same and theirs.path.startswith("/catalog"):
        raise SourceHarvestsUs.at(url)


async def owned(session: AsyncSession, caller: Caller, slug: str) -> Source:
    """Return a source of the caller's; raises `SourceNotFound`, for another's too."""
    source = await store.find(session, slug)
    if source is None or source.owner not in owners_of(caller):
        raise SourceNotFound.of(slug)
    return source


async def find(context: CatalogContext, slug: str) -> dict[str, Any]:
    """Return a source as the API shows it; raises `SourceNotFound`."""
    found = await store.get(context.db, slug)
    if found is None:
        raise SourceNotFound.of(slug)
    return view(context, found)


def view(context: CatalogContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a source as the API shows it (see `SourceView`)."""
    shown = {name: value for name, value in row.items() if name != "owner"}
    return {**shown, "self": context.link(f"/catalog/v1/sources/{row['slug']}")}
