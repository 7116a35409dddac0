"""Every vocabulary by its name: its table, and how a writing is read in it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.catalog.domain.vocabularies import (
    formats,
    frequencies,
    licenses,
    schemas,
    territories,
    themes,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary: `match` returns the id that a writing means, or None; `uri` the address of an id."""

    name: str
    items: Sequence[dict[str, Any]]
    match: Callable[[str], str | None]
    uri: Callable[[str], str | None]


def _of_table(name: str, table: Sequence[Any], match: Callable[[str], str | None]) -> Vocabulary:
    uris = {item.id: getattr(item, "uri", None) for item in table}
    return Vocabulary(name, [{**asdict(item), "uri": uris[item.id]} for item in table], match, uris.get)


def _license(writing: str) -> str | None:
    found = licenses.license_of(writing)
    return None if found == licenses.NOT_SPECIFIED else found


def _frequency(writing: str) -> str | None:
    found = frequencies.frequency_of(writing)
    return None if found == frequencies.UNKNOWN else found


def _format(writing: str) -> str | None:
    found = formats.format_of(writing)
    return found if found in formats.BY_ID else None


def _schema(writing: str) -> str | None:
    address = writing if "://" in writing else None
    name, _, url = schemas.resolve_leniently(None if address else writing, None, address)
    return name if name in schemas.TABLE and url is None else None


_SCHEMAS = [
    {"id": name, "versions": [*versions], "latest": [*versions][-1]}
    for name, versions in schemas.TABLE.items()
]

VOCABULARIES = {
    vocabulary.name: vocabulary
    for vocabulary in (
        _of_table("licenses", licenses.TABLE, _license),
        _of_table("frequencies", frequencies.TABLE, _frequency),
        _of_table("granularities", territories.TABLE, territories.granularity_of),
        _of_table("themes", themes.TABLE, themes.theme_of),
        _of_table("formats", formats.TABLE, _format),
        Vocabulary("zones", [], territories.zone_of, territories.zone_uri),
        Vocabulary("schemas", _SCHEMAS, _schema, lambda _: None),
    )
}
