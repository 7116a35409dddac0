"""Atom feeds, read by another's reader."""

from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import feedparser

from shared.atom import ATOM, TOMBSTONES, Deleted, Entry, Feed, write_feed

FEED = Feed("https://socle.test/a.atom", "https://socle.test/a", "Les « jeux »", "Socle", rights="LO 2.0")
WHEN = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def test_a_reader_finds_everything() -> None:
    entry = Entry(
        "urn:uuid:1",
        "L'eau & <b>",
        "https://socle.test/a/1?x=1&y=2",
        WHEN,
        "Résumé",
        "Besançon",
        ("eau", "a&b"),
    )
    found = feedparser.parse(write_feed(FEED, [entry, Deleted("urn:uuid:2", WHEN, "Ancien")]))
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    assert (found.feed.id, found.feed.title, found.feed.author) == (FEED.link, "Les « jeux »", "Socle")
    assert found.feed.updated == "2026-11-22T10:30:00.000Z"
    [item] = found.entries
    assert (item.id, item.link, item.summary, item.author) == (entry.id, entry.link, "Résumé", "Besançon")
    assert [tag.term for tag in item.tags] == ["eau", "a&b"]


def test_what_is_deleted_is_told() -> None:
    root = fromstring(write_feed(FEED, [Deleted("urn:uuid:2", WHEN, "Ancien")]))
    gone = root.find(f"{{{TOMBSTONES}}}deleted-entry")
    assert gone is not None
    assert gone.attrib == {"ref": "urn:uuid:2", "when": "2026-11-22T10:30:00.000Z"}


def test_an_empty_feed_is_a_feed() -> None:
    found = feedparser.parse(write_feed(FEED, []))
    assert not found.bozo
    assert found.feed.updated == "1970-01-01T00:00:00.000Z"


def test_characters_that_xml_refuses_are_replaced() -> None:
    hostile = Entry(
        "urn:uuid:1", "a\x00b\x1b\ud800\ufffe]]>", "https://socle.test", WHEN, "<script>", "", ("\x01",)
    )
    root = fromstring(write_feed(FEED, [hostile]))
    assert root.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}title") == "a\ufffdb\ufffd\ufffd\ufffd]]>"


def test_every_element_that_the_standard_demands_is_there() -> None:
    root = fromstring(write_feed(FEED, [Entry("urn:uuid:1", "t", "https://socle.test", WHEN)]))
    for parent in (root, root.find(f"{{{ATOM}}}entry")):
        assert parent is not None
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{{{ATOM}}}{name}")) == 1
    # RFC 4287, section 4.1.1: entries without an author need that of the feed.
    assert root.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "Socle"
    assert [link.get("rel") for link in root.findall(f"{{{ATOM}}}link")] == ["self", "alternate"]
