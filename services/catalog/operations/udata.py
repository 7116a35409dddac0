"""Datasets as udata's clients see and change them (its API, version 1). Operations never commit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.payloads import udata
from services.catalog.domain.payloads.reading import PayloadRefused, text, url
from services.catalog.domain.problems import OrganizationNotFound, PayloadUnreadable, ResourceNotFound
from services.catalog.domain.record import Organization, Record, Resource
from services.catalog.domain.vocabularies.schemas import SchemaRefused, resolve
from services.catalog.operations import datasets
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.rows import organization_record
from services.catalog.store import writing as store
from shared.auth import Caller
from shared.ids import new_id
from shared.problems import InvalidRequest

Document = dict[str, Any]

# A member of udata's dataset -> the members of the record that it tells.
_MEMBERS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "acronym": ("acronym",),
    "slug": ("slug",),
    "description": ("description",),
    "description_short": ("description_short",),
    "tags": ("tags", "themes"),
    "badges": ("badges",),
    "license": ("license",),
    "frequency": ("frequency",),
    "frequency_date": ("frequency_date",),
    "temporal_coverage": ("temporal_start", "temporal_end"),
    "spatial": ("zones", "granularity", "geom"),
    "organization": ("organization",),
    "contact_points": ("contact_points",),
    "private": ("private",),
    "archived": ("archived",),
    "extras": ("extras", "claims"),
    "resources": ("resources",),
}
_RESOURCE_MEMBERS: dict[str, tuple[str, ...]] = {
    **{
        name: (name,)
        for name in ("title", "description", "type", "url", "format", "mime", "filesize", "checksum")
    },
    "schema": ("schema_name", "schema_version", "schema_url"),
    "extras": ("extras", "claims"),
}


def _read(document: Document) -> Record:
    try:
        record = udata.read(document)
    except PayloadRefused as refused:
        raise PayloadUnreadable.because(refused.fr, refused.en) from refused
    for number, item in enumerate(document.get("resources") or []):
        if isinstance(item, dict):
            _check_schema(item, f"/body/resources/{number}/schema")
    return record


def _check_schema(document: Document, pointer: str) -> None:
    """Refuse a reference that a harvest would bear."""
    schema = document.get("schema")
    if not isinstance(schema, dict) or not any(schema.values()):
        return
    try:
        resolve(text(schema.get("name")), text(schema.get("version"), 50), url(schema.get("url")))
    except SchemaRefused as refused:
        raise InvalidRequest.at(f"{pointer}/{refused.member}", fr=refused.fr, en=str(refused)) from refused


def _ours(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """Return resources that a client has read here: what it calls their `id` is ours."""
    return tuple(replace(resource, id=_uuid(resource.remote_id), remote_id=None) for resource in resources)


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


async def _organization(session: AsyncSession, document: Document) -> Organization | None:
    """Return the body that a dataset names: one that is known here, or one described in full."""
    given = document.get("organization")
    if not given:
        return None
    named = given.get("id") if isinstance(given, dict) else given
    found = await store.organization_named(session, str(named)) if named else None
    if found is not None:
        return organization_record(found)
    described = udata.organization(given) if isinstance(given, dict) else None
    if described is None or not given.get("name"):
        raise OrganizationNotFound.of(str(named)[:100])
    return described


async def create(session: AsyncSession, caller: Caller, document: Document) -> UUID:
    """Register a dataset as udata's clients send it; return its id."""
    record = _read(document)
    record = replace(
        record,
        remote_id=None,
        organization=await _organization(session, document),
        resources=tuple(replace(resource, id=None) for resource in _ours(record.resources)),
    )
    return await datasets.register_record(session, record, caller=caller)


async def update(session: AsyncSession, caller: Caller, dataset_id: UUID, document: Document) -> None:
    """Change the members that a client sends; the others stay."""
    body = await _organization(session, document) if "organization" in document else None
    said = _read({"title": "-", **document})
    said = replace(said, organization=body)

    def changed(record: Record) -> Record:
        names = [name for member in document for name in _MEMBERS.get(member, ())]
        if said.slug == str(dataset_id):
            # What we show for want of one.
            names.remove("slug")
        result = replace(record, **{name: getattr(said, name) for name in names})
        if "resources" in document:
            result = replace(result, resources=_merged(record.resources, _ours(said.resources)))
        return result

    await datasets.edit(session, caller, dataset_id, changed)


def _merged(before: Sequence[Resource], after: Sequence[Resource]) -> tuple[Resource, ...]:
    """Keep of each resource what is not its client's to say, though what it read here holds it."""
    known = {resource.id: resource for resource in before}

    def one(resource: Resource) -> Resource:
        old = known.get(resource.id)
        if old is None:
            return resource
        kept = {name: getattr(old, name) for name in ("remote_id", "uri", "created", "modified", "harvest")}
        # The address of a file that we keep is ours to tell, not one to fetch it from.
        return replace(resource, **kept, url=resource.url if old.url else None)

    return tuple(one(resource) for resource in after)


async def order_resources(
    session: AsyncSession, caller: Caller, dataset_id: UUID, ids: Sequence[UUID]
) -> None:
    """Put the resources of a dataset in the order of the ids; those that are not named come after."""

    def changed(record: Record) -> Record:
        rank = {resource_id: number for number, resource_id in enumerate(ids)}
        ordered = sorted(record.resources, key=lambda resource: rank.get(resource.id, len(rank)))  # type: ignore[arg-type]
        return replace(record, resources=tuple(ordered))

    await datasets.edit(session, caller, dataset_id, changed)


async def add_resource(session: AsyncSession, caller: Caller, dataset_id: UUID, document: Document) -> None:
    """Add a resource at the head of a dataset, as udata does."""
    _check_schema(document, "/body/schema")
    # A key of its own, so that two uploads of the same name are two files.
    made = replace(
        udata.resource(document), id=None, remote_id=None if document.get("url") else str(new_id())
    )

    def changed(record: Record) -> Record:
        return replace(record, resources=(made, *record.resources))

    await datasets.edit(session, caller, dataset_id, changed)


async def update_resource(
    session: AsyncSession, caller: Caller, dataset_id: UUID, resource_id: UUID, document: Document
) -> None:
    """Change the members of a resource that a client sends; raises `ResourceNotFound`."""
    _check_schema(document, "/body/schema")
    said = udata.resource(document)
    names = [name for member in document for name in _RESOURCE_MEMBERS.get(member, ())]

    def edited(resource: Resource) -> Resource:
        # The address of a file that we keep is ours to tell, not one to fetch it from.
        kept = [name for name in names if name != "url" or resource.url is not None]
        return replace(resource, **{name: getattr(said, name) for name in kept})

    await _edit_resource(session, caller, dataset_id, resource_id, lambda resource: (edited(resource),))


async def delete_resource(session: AsyncSession, caller: Caller, dataset_id: UUID, resource_id: UUID) -> None:
    """Take a resource away; raises `ResourceNotFound`."""
    await _edit_resource(session, caller, dataset_id, resource_id, lambda _: ())


async def _edit_resource(
    session: AsyncSession, caller: Caller, dataset_id: UUID, resource_id: UUID, edited: Any
) -> None:
    def changed(record: Record) -> Record:
        if resource_id not in {resource.id for resource in record.resources}:
            raise ResourceNotFound.of(resource_id)
        after = [
            kept
            for resource in record.resources
            for kept in (edited(resource) if resource.id == resource_id else (resource,))
        ]
        return replace(record, resources=tuple(after))

    await datasets.edit(session, caller, dataset_id, changed)


def view(context: CatalogContext, shown: Document) -> Document:
    """Return a dataset, as our API shows it, in udata's form."""
    link = context.link(f"/catalog/api/1/datasets/{shown['id']}/")
    resources = [resource_view(context, shown["id"], item) for item in shown["resources"]]
    return {
        **{
            name: shown[name]
            for name in (
                "id",
                "title",
                "acronym",
                "description",
                "description_short",
                "tags",
                "license",
                "frequency",
                "frequency_date",
                "temporal_coverage",
                "spatial",
                "contact_points",
                "private",
                "archived",
                "deleted",
            )
        },
        "slug": shown["slug"] or str(shown["id"]),
        "badges": [{"kind": kind} for kind in shown["badges"]],
        "organization": _organization_view(context, shown["organization"]),
        "owner": None,
        "resources": resources,
        "extras": shown["extras"] | shown["claims"],
        "harvest": shown["harvest"] or None,
        "quality": {},
        "metrics": {},
        "created_at": shown["issued"] or shown["created_at"],
        "last_modified": shown["modified"] or shown["modified_at"],
        "last_update": max((item["last_modified"] for item in resources), default=shown["modified_at"]),
        "uri": link,
        "page": shown["landing_page"] or shown["self"],
    }


def _organization_view(context: CatalogContext, body: Document | None) -> Document | None:
    if body is None:
        return None
    link = context.link(f"/catalog/v1/organizations/{body['id']}")
    return {
        "class": "Organization",
        "id": body["id"],
        "name": body["name"],
        "acronym": body["acronym"],
        "slug": str(body["id"]),
        "business_number_id": body["siret"],
        "logo": None,
        "uri": link,
        "page": body["url"] or link,
    }


def resource_view(context: CatalogContext, dataset_id: object, shown: Document) -> Document:
    """Return a resource, as our API shows it, in udata's form."""
    names = ("id", "title", "description", "type", "format", "mime", "filesize", "checksum")
    address = shown["url"] or shown["content"]
    return {
        **{name: shown[name] for name in names},
        "filetype": "remote" if shown["url"] else "file",
        "url": address,
        "latest": address,
        "schema": shown["schema"],
        "extras": shown["extras"] | shown["claims"],
        "harvest": shown["harvest"] or None,
        "internal": {
            "created_at_internal": shown["created_at"],
            "last_modified_internal": shown["modified_at"],
        },
        "metrics": {},
        "preview_url": None,
        "created_at": shown["issued"] or shown["created_at"],
        "last_modified": shown["modified"] or shown["modified_at"],
        "published": shown["issued"] or shown["created_at"],
    }
