"""From the record of a dataset to the rows that are stored: what is new, what changes, what goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.catalog.domain.conformity import after_change, initial
from services.catalog.domain.record import (
    Checksum,
    Contact,
    Organization,
    Record,
    Resource,
    jsonable,
    stable_url,
    unique_keys,
)
from services.catalog.store.writing import Row
from shared.ids import new_id
from shared.uploads import file_label

# A change of these is one of the file or of its schema: the verdict before is no longer about them.
_JUDGED = (
    "checksum_type",
    "checksum_value",
    "schema_name",
    "schema_version",
    "schema_url",
    "remote_modified_at",
)
# Members of a record that are columns of the same name.
_COLUMNS_OF_RECORD = (
    "title",
    "description",
    "remote_id",
    "uri",
    "acronym",
    "slug",
    "description_short",
    "license",
    "frequency",
    "frequency_date",
    "temporal_start",
    "temporal_end",
    "granularity",
    "geom",
    "landing_page",
    "private",
    "popularity",
    "extras",
    "claims",
    "harvest",
    "tags",
    "badges",
    "themes",
    "zones",
    "organization",
)
# Ours, not the sender's.
_NOT_COMPARED = frozenset(("id", "revision", "conformity", "modified_at", "created_at", "filename"))


def record_of(row: Row) -> Record:
    """Return the record of a dataset that is stored (a row with its `resources`), to write it anew with a change."""
    columns = {name: row[name] for name in _COLUMNS_OF_RECORD}
    record = Record(**columns)
    return replace(
        record,
        tags=tuple(record.tags),
        badges=tuple(record.badges),
        themes=tuple(record.themes),
        zones=tuple(record.zones),
        contact_points=tuple(Contact(**contact) for contact in row["contact_points"]),
        archived=row["archived_at"],
        created=row["remote_created_at"],
        modified=row["remote_modified_at"],
        resources=tuple(resource_of(item) for item in row["resources"] if item["deleted_at"] is None),
    )


def resource_of(row: Row) -> Resource:
    """Return the record of a resource that is stored."""
    same = ("title", "url", "remote_id", "uri", "description", "type", "format", "mime", "filesize")
    schema = ("schema_name", "schema_version", "schema_url", "extras", "claims", "harvest")
    checksum = Checksum(row["checksum_type"], row["checksum_value"]) if row["checksum_type"] else None
    return Resource(
        **{name: row[name] for name in (*same, *schema)},
        id=UUID(str(row["id"])),
        checksum=checksum,
        created=row["remote_created_at"],
        modified=row["remote_modified_at"],
    )


@dataclass(slots=True)
class ResourceChanges:
    """The resources of a batch: to write, to write anew, to make tombstones of, to have validated.

    With `grace`, those that a dataset no longer has are `missing` before they are removed.
    """

    grace: bool = False

    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    missing: list[UUID] = field(default_factory=list)
    to_validate: list[Row] = field(default_factory=list)


def organization_row(body: Organization, source_id: UUID | None, moment: datetime) -> Row:
    """Return the row of a body: named by its SIREN, else by what its source calls it."""
    named = body.remote_id or body.name
    key = f"siren:{body.siren}" if body.siren else f"source:{source_id}:{named}"
    members = jsonable(body)
    return {
        **members,
        "id": new_id(),
        "key": key,
        "source_id": source_id,
        "created_at": moment,
        "modified_at": moment,
    }


def organization_record(row: Row) -> Organization:
    """Return the record of a body that is stored."""
    names = ("name", "siren", "siret", "remote_id", "acronym", "slug", "description", "url", "logo", "zone")
    return Organization(**{name: row[name] for name in names}, badges=tuple(row["badges"]))


def dataset_row(
    record: Record,
    *,
    digest: str,
    payload: str | None,
    owner: str,
    source_id: UUID | None,
    organization: tuple[UUID | None, Organization | None],
    moment: datetime,
    before: Row | None,
    dataset_id: UUID,
) -> Row:
    """Return the row of a dataset, new or in the place of the one before."""
    organization_id, body = organization
    shown = not (record.private or record.archived or record.deleted)
    return {
        "id": dataset_id,
        "owner": owner,
        "source_id": source_id,
        "remote_id": record.remote_id,
        "uri": record.uri,
        "title": record.title,
        "acronym": record.acronym,
        "slug": record.slug,
        "description": record.description,
        "description_short": record.description_short,
        "organization_id": organization_id,
        "organization_siren": body.siren if body else None,
        "organization_name": body.name if body else None,
        "license": record.license,
        "frequency": record.frequency,
        "frequency_date": record.frequency_date,
        "temporal_start": record.temporal_start,
        "temporal_end": record.temporal_end,
        "zones": record.zones,
        "granularity": record.granularity,
        "geom": record.geom,
        "tags": record.tags,
        "badges": record.badges,
        "themes": record.themes,
        "contact_points": jsonable(record.contact_points),
        "landing_page": record.landing_page,
        "private": record.private,
        "popularity": record.popularity,
        "extras": record.extras,
        "claims": record.claims,
        "harvest": record.harvest,
        "content_hash": digest,
        "payload_digest": payload,
        "revision": before["revision"] + 1 if before else 1,
        "published_at": (before["published_at"] if before else None) or (moment if shown else None),
        "remote_created_at": record.created,
        "remote_modified_at": record.modified,
        "created_at": before["created_at"] if before else moment,
        "modified_at": moment,
        "archived_at": record.archived,
        "deleted_at": record.deleted,
    }


def resource_changes(
    changes: ResourceChanges, record: Record, dataset_id: UUID, before: Sequence[Row], moment: datetime
) -> list[Row]:
    """Add to `changes` what turns the resources before into those of the record; return them as they will be.

    A resource is the same when it names our id, or has the same key.
    """
    by_id = {row["id"]: row for row in before}
    by_key = {row["key"]: row for row in reversed(before)} | {
        row["key"]: row for row in reversed(before) if row["deleted_at"] is None
    }
    named = {resource.id for resource in record.resources if resource.id in by_id}
    kept: set[UUID] = set()
    present = []
    for position, (resource, key) in enumerate(zip(record.resources, _keys(record.resources), strict=True)):
        old = by_id.get(resource.id) if resource.id else by_key.get(key)
        taken = old is not None and (old["id"] in kept or (resource.id is None and old["id"] in named))
        old = None if taken else old
        row = _resource_row(resource, key, dataset_id, position, moment, old)
        kept.add(row["id"])
        present.append(row)
        if old is None:
            changes.added.append(row)
        elif any(row[name] != old[name] for name in row if name not in _NOT_COMPARED):
            changes.changed.append(row)
        if row["conformity"] == "queued" and (old is None or row["revision"] != old["revision"]):
            changes.to_validate.append({**row, "storage_key": old["storage_key"] if old else None})
    gone = [row for row in before if row["id"] not in kept and row["deleted_at"] is None]
    if changes.grace and record.deleted is None:
        changes.missing += [row["id"] for row in gone if row["missing_since"] is None]
        return [*present, *gone]
    changes.removed += [row["id"] for row in gone]
    return present


def _keys(resources: Sequence[Resource]) -> list[str]:
    """Return the key of each resource; of two that are alike, the one that is there already keeps the plain one."""
    order = sorted(range(len(resources)), key=lambda place: resources[place].id is None)
    keys = dict(zip(order, unique_keys([resources[place] for place in order]), strict=True))
    return [keys[place] for place in range(len(resources))]


def _resource_row(
    resource: Resource, key: str, dataset_id: UUID, position: int, moment: datetime, old: Row | None
) -> Row:
    row: dict[str, Any] = {
        "id": old["id"] if old else new_id(),
        "dataset_id": dataset_id,
        "position": position,
        "key": key,
        "remote_id": resource.remote_id,
        "uri": resource.uri,
        "title": resource.title,
        "description": resource.description,
        "type": resource.type,
        "filename": file_label(resource.url.partition("?")[0] if resource.url else resource.title),
        "format": resource.format,
        "mime": resource.mime,
        "filesize": resource.filesize,
        "checksum_type": resource.checksum.type if resource.checksum else None,
        "checksum_value": resource.checksum.value if resource.checksum else None,
        "url": resource.url,
        "schema_name": resource.schema_name,
        "schema_version": resource.schema_version,
        "schema_url": resource.schema_url,
        "extras": resource.extras,
        "claims": resource.claims,
        "harvest": resource.harvest,
        "remote_created_at": resource.created,
        "remote_modified_at": resource.modified,
        "deleted_at": None,
        "missing_since": None,
    }
    has_schema = bool(resource.schema_name or resource.schema_url)
    if old is None:
        conformity = initial(has_schema=has_schema, has_content=resource.url is not None)
        return {
            **row,
            "revision": 1,
            "created_at": moment,
            "modified_at": moment,
            "conformity": conformity.value,
        }
    if resource.url is None and old["storage_key"]:
        row["filename"] = old["filename"]
    changed = _file_changed(row, old)
    content = resource.url is not None or old["storage_key"] is not None
    conformity = after_change(old["conformity"], has_schema=has_schema, has_content=content)
    return {
        **row,
        "revision": old["revision"] + 1 if changed else old["revision"],
        "created_at": old["created_at"],
        "modified_at": moment,
        "conformity": conformity.value if changed else old["conformity"],
    }


def _file_changed(row: Row, old: Row) -> bool:
    moved = stable_url(row["url"] or "") != stable_url(old["url"] or "")
    return moved or old["deleted_at"] is not None or any(row[name] != old[name] for name in _JUDGED)
