"""The Table Schemas known by name: which versions there are, where each is published, and the rule of a reference.

A known name takes its version or the latest one; an unknown name needs an address; an address found in the table is
rewritten to name and version; a version alone is an error.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

# name -> version -> address.
TABLE: Mapping[str, Mapping[str, str]] = json.loads(
    Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")
)


def _bare(url: str) -> str:
    """Return an address in a form in which its usual variants are equal (GitLab's `/-/`, `blob`, `.git`)."""
    bare = re.sub(r"^https?://(www\.)?", "", url.strip().lower()).partition("#")[0].partition("?")[0]
    bare = bare.replace("git.opendatafrance.net/scdl/", "gitlab.com/opendatafrance/scdl/")
    bare = re.sub(r"^raw\.githubusercontent\.com/([^/]+/[^/]+)/", r"github.com/\1/raw/", bare)
    return bare.replace("/-/", "/").replace("/blob/", "/raw/").rstrip("/")


_ADDRESSES: dict[str, tuple[str, str | None]] = {}
for _name, _versions in TABLE.items():
    _ADDRESSES.setdefault(f"schema.data.gouv.fr/{_name.lower()}", (_name, None))
    _ADDRESSES.setdefault(f"schema.data.gouv.fr/schemas/{_name.lower()}", (_name, None))
    for _version in _versions:
        if _versions[_version] and list(_versions.values()).count(_versions[_version]) == 1:
            _ADDRESSES.setdefault(_bare(_versions[_version]), (_name, _version))
_NAMES = {name.lower(): name for name in TABLE}
# The files of a version, whatever their names (`schema-statique.json`, `documentation.md`), are those of its schema.
_IN_REGISTRY = re.compile(r"schema\.data\.gouv\.fr/schemas/([^/]+/[^/]+)/([^/]+)(?:/[^/]*)?")
_SCHEMA_FILE = re.compile(r"(?:^|/)[\w.-]*schema[\w.-]*\.json$", re.IGNORECASE)


def _of_address(url: str) -> tuple[str, str | None] | None:
    """Return the name and version of the schema that is published at an address, or None."""
    bare = _bare(url)
    if (found := _IN_REGISTRY.fullmatch(bare)) is not None and (name := _NAMES.get(found[1])) is not None:
        version = None if found[2] == "latest" else found[2]
        return (name, version) if version is None or version in TABLE[name] else None
    return _ADDRESSES.get(re.sub(r"\.html?$", "", bare))


def is_schema_file(url: str) -> bool:
    """Tell whether an address looks like that of a Table Schema: a standard of another kind is often a web page."""
    return _SCHEMA_FILE.search(url.partition("?")[0]) is not None


class SchemaRefused(ValueError):
    """A reference to a schema that breaks the rule: where, and why in French and in English."""

    def __init__(self, member: str, fr: str, en: str) -> None:
        super().__init__(en)
        self.member = member
        self.fr = fr
        self.en = en


def resolve(
    name: str | None, version: str | None, url: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return `(name, version, url)` of a reference in its one form; raises `SchemaRefused`.

    The version is None for the latest one; `latest` is accepted for it.
    """
    name, version, url = (
        value.strip() if value and value.strip() else None for value in (name, version, url)
    )
    version = None if version == "latest" else version
    if url is not None and (found := _of_address(url)) is not None:
        return found[0], found[1] or version, None
    if name is None:
        if version is not None and url is None:
            raise SchemaRefused(
                "version",
                "une version seule ne désigne aucun schéma : donnez son nom",
                "A version alone names no schema: give its name",
            )
        return None, version if url else None, url
    known = _NAMES.get(name.lower())
    if known is not None:
        if version is not None and version not in TABLE[known]:
            versions = ", ".join(TABLE[known])
            raise SchemaRefused(
                "version",
                f"ce schéma n'a pas cette version (il a : {versions}, ou « latest »)",
                f"This schema has no such version (it has {versions}, or `latest`)",
            )
        return known, version, None
    if url is None:
        raise SchemaRefused(
            "name",
            "ce nom de schéma n'est pas connu : vérifiez-le, ou donnez l'adresse du schéma dans « url »",
            "This name of schema is not known: check it, or give the address of the schema in `url`",
        )
    return name, version, url


def resolve_leniently(
    name: str | None, version: str | None, url: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return the same for a harvest, where nothing is refused: what breaks the rule is kept as it was written."""
    try:
        return resolve(name, version, url)
    except SchemaRefused as refused:
        known = _NAMES.get((name or "").strip().lower())
        if refused.member == "version" and known is not None:
            return known, None, None
        return (name.strip() if name else None), version, url
