"""Atom feeds (RFC 4287), in which what was deleted is told too (RFC 6721)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

register_namespace("", ATOM)
register_namespace("at", TOMBSTONES)

# XML 1.0, section 2.2: what no document may hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a feed, as it is now; `id` is an IRI that never changes."""

    id: str
    title: str
    link: str
    updated: datetime
    summary: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that was in a feed, and is gone."""

    id: str
    deleted: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `id` and `link` are its own address, `home` that of what it is about."""

    link: str
    home: str
    title: str
    author: str
    rights: str = ""
    language: str = "fr"


def write_feed(feed: Feed, entries: Sequence[Entry | Deleted]) -> bytes:
    """Return the document of a feed, its entries in the order given (the newest first)."""
    root = Element(_atom("feed"), {"{http://www.w3.org/XML/1998/namespace}lang": feed.language})
    _text(root, "id", feed.link)
    _text(root, "title", feed.title)
    moments = [entry.updated if isinstance(entry, Entry) else entry.deleted for entry in entries]
    _text(root, "updated", _moment(max(moments, default=EPOCH)))
    _author(root, feed.author)
    SubElement(root, _atom("link"), {"rel": "self", "href": feed.link, "type": "application/atom+xml"})
    SubElement(root, _atom("link"), {"rel": "alternate", "href": feed.home})
    if feed.rights:
        _text(root, "rights", feed.rights)
    for entry in entries:
        if isinstance(entry, Entry):
            _add_entry(root, entry)
        else:
            _add_tombstone(root, entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(root: Element, entry: Entry) -> None:
    node = SubElement(root, _atom("entry"))
    _text(node, "id", entry.id)
    _text(node, "title", entry.title)
    _text(node, "updated", _moment(entry.updated))
    SubElement(node, _atom("link"), {"rel": "alternate", "href": entry.link})
    if entry.author:
        _author(node, entry.author)
    if entry.summary:
        _text(node, "summary", entry.summary)
    for term in entry.categories:
        SubElement(node, _atom("category"), {"term": xml_text(term)})


def _add_tombstone(root: Element, entry: Deleted) -> None:
    attributes = {"ref": entry.id, "when": _moment(entry.deleted)}
    node = SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", attributes)
    if entry.comment:
        SubElement(node, f"{{{TOMBSTONES}}}comment").text = xml_text(entry.comment)


def _author(parent: Element, name: str) -> None:
    _text(SubElement(parent, _atom("author")), "name", name)


def _text(parent: Element, name: str, value: str) -> None:
    SubElement(parent, _atom(name)).text = xml_text(value)


def xml_text(value: str) -> str:
    """Return a text in which what no XML document may hold is replaced (U+FFFD)."""
    return _FORBIDDEN.sub("\ufffd", value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"
