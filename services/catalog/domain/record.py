"""The one form into which every payload is mapped: a dataset as its portal describes it, before it is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

import orjson

TITLE_LENGTH = 350
DESCRIPTION_LENGTH = 100_000
TAG_LENGTH = 96
RESOURCE_TYPES = ("main", "documentation", "update", "api", "code", "other")
CHECKSUM_TYPES = ("sha1", "sha2", "sha256", "md5", "crc")
# What a portal says of its own checks of a file: it changes without the dataset changing.
_VOLATILE = ("check:", "analysis:")
# A verdict that somebody else gives: kept and shown as a claim, never as ours.
_CLAIM = "validation-report:"
# Parameters of an address that change without the file changing.
_VOLATILE_QUERY = frozenset(
    (
        "use_labels",
        "use_labels_for_header",
        "delimiter",
        "timezone",
        "lang",
        "list_separator",
        "quote_all",
        "with_bom",
    )
)


@dataclass(frozen=True, slots=True)
class Organization:
    """The body that produces a dataset; `siret` and `siren` are valid ones or None."""

    name: str
    siren: str | None = None
    siret: str | None = None
    remote_id: str | None = None
    acronym: str | None = None
    slug: str | None = None
    description: str | None = None
    url: str | None = None
    logo: str | None = None
    badges: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: a service's mailbox rather than a person's."""

    name: str | None = None
    email: str | None = None
    contact_form: str | None = None
    role: str = "contact"


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest of a file, as its portal gives it."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A file of a dataset, an API or a page about it. `schema_*` follow the rule of `vocabularies.schemas`."""

    title: str
    url: str | None = None
    # Ours, when the sender has read it here.
    id: UUID | None = None
    remote_id: str | None = None
    uri: str | None = None
    description: str = ""
    type: str = "main"
    format: str | None = None
    mime: str | None = None
    filesize: int | None = None
    checksum: Checksum | None = None
    schema_name: str | None = None
    schema_version: str | None = None
    schema_url: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    harvest: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what tells this resource from the others of its dataset, from one sending to the next."""
        if self.remote_id:
            return f"id:{self.remote_id}"
        if self.uri:
            return f"uri:{self.uri}"
        return f"url:{stable_url(self.url)}" if self.url else f"title:{self.title}"


@dataclass(frozen=True, slots=True)
class Record:
    """A dataset as its portal describes it."""

    title: str
    description: str = ""
    remote_id: str | None = None
    uri: str | None = None
    acronym: str | None = None
    slug: str | None = None
    description_short: str | None = None
    tags: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    license: str = "notspecified"
    frequency: str = "unknown"
    frequency_date: datetime | None = None
    temporal_start: date | None = None
    temporal_end: date | None = None
    zones: tuple[str, ...] = ()
    granularity: str | None = None
    geom: dict[str, Any] | None = None
    organization: Organization | None = None
    contact_points: tuple[Contact, ...] = ()
    landing_page: str | None = None
    private: bool = False
    archived: datetime | None = None
    deleted: datetime | None = None
    created: datetime | None = None
    modified: datetime | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    harvest: dict[str, Any] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    # Those who follow or reuse it at its portal: it changes without the dataset changing.
    popularity: int = 0

    def content_hash(self) -> str:
        """Return a digest of what the record says; volatile members left out, equal ones mean `unchanged`."""
        members = {name: getattr(self, name) for name in self.__slots__ if name != "popularity"}
        members["extras"] = _steady(self.extras)
        members["harvest"] = {name: value for name, value in self.harvest.items() if name != "last_update"}
        members["resources"] = [
            replace(resource, id=None, extras=_steady(resource.extras), harvest=_steady(resource.harvest))
            if resource.id or resource.extras or resource.harvest
            else resource
            for resource in self.resources
        ]
        data = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(data, digest_size=16).hexdigest()


def _steady(extras: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in extras.items()
        if not name.startswith(_VOLATILE) and name != "last_update"
    }


def split_claims(extras: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `(extras, claims)`: the verdicts of others apart from the rest."""
    claims = {name: value for name, value in extras.items() if name.startswith(_CLAIM)}
    return {name: value for name, value in extras.items() if name not in claims}, claims


def stable_url(url: str) -> str:
    """Return an address without the parameters that change without the file changing."""
    try:
        parts = urlsplit(url)
        if not parts.query:
            return url
        kept = [
            pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _VOLATILE_QUERY
        ]
    except ValueError:
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))


def unique_keys(resources: Sequence[Resource]) -> list[str]:
    """Return the key of each resource; a second of the same key is told by its rank."""
    seen: dict[str, int] = {}
    keys = []
    for resource in resources:
        key = resource.key
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else f"{key}#{seen[key]}")
    return keys


def jsonable(value: Any) -> Any:
    """Return a dataclass, or several, as plain objects for a JSON column."""
    if isinstance(value, tuple | list):
        return [jsonable(item) for item in value]
    return asdict(value)
