"""SQL of the search over datasets: the words first, from their index, then the order and the counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from services.catalog.domain.search import SHORTEST_MISSPELT
from services.catalog.store.datasets import SHOWN
from shared.db import Database

MOST_TAGS = 50
MOST_PAIRS = 5
_OF_RESOURCES = (
    "EXISTS (SELECT 1 FROM resource AS r WHERE r.dataset_id = d.id AND r.deleted_at IS NULL AND {})"
)
_FILTERS = {
    "theme": "d.themes && {}::varchar[]",
    "tag": "d.tags && {}::varchar[]",
    "license": "d.license = ANY({}::text[])",
    "organization": "d.organization_siren = ANY({}::text[])",
    "source": "d.source_id IN (SELECT s.id FROM source AS s WHERE s.slug = ANY({}::text[]))",
    # A région has thousands of zones: each is looked up, not compared with them all.
    "zone": "EXISTS (SELECT 1 FROM unnest(d.zones) AS z WHERE z = ANY({}::text[]))",
    "format": _OF_RESOURCES.format("r.format = ANY({}::text[])"),
    "schema": _OF_RESOURCES.format("r.schema_name = ANY({}::text[])"),
    "conformity": _OF_RESOURCES.format(
        "(r.schema_name IS NOT NULL OR r.schema_url IS NOT NULL) AND r.conformity = ANY({}::text[])"
    ),
}
# The weights of description, organization, keywords, title. Words that follow one another were meant so, and who names
# no place is shown what is about the whole country before what one of its communes has. What many follow and reuse is
# most often what is looked for.
_RANK = (
    "ts_rank('{{0.2,0.3,0.6,1}}', w.document, {query}) "
    "* (CASE WHEN w.document @@ {phrase} THEN 1.5 ELSE 1 END) "
    "* (CASE WHEN w.national THEN 2 ELSE 1 END) "
    "* (1 + 0.1 * ln(1 + w.popularity::float8)) "
    "+ (CASE WHEN w.title = {plain} THEN 1 ELSE 0 END)"
)
# Many datasets have the same facets: those are taken apart once.
_COUNTS = """
WITH hits AS MATERIALIZED (SELECT f.of_dataset, f.of_files, count(*) AS count {found} GROUP BY 1, 2),
counted AS (SELECT split_part(kept, ':', 1) AS facet, substr(kept, strpos(kept, ':') + 1) AS value, count
    FROM (SELECT kept, sum(count)::bigint AS count FROM hits, unnest(of_dataset || of_files) AS kept GROUP BY kept)
    AS every),
most AS (SELECT facet, value, count FROM (SELECT counted.*, row_number() OVER (
    PARTITION BY facet ORDER BY count DESC, value) AS place FROM counted) AS placed WHERE place <= {most})
SELECT 'total' AS facet, '' AS value, coalesce(sum(count), 0)::bigint AS count, NULL AS label FROM hits
UNION ALL SELECT facet, coalesce(s.slug, value), count,
    CASE facet WHEN 'organization' THEN (SELECT min(o.name) FROM organization AS o WHERE o.siren = value)
    ELSE s.name END
    FROM most LEFT JOIN source AS s ON facet = 'source' AND s.id::text = value
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search: words with what means the same, values kept for each facet, a period, an order."""

    alternatives: Sequence[Sequence[str]] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    newest_first: bool = False
    # Any of the words is enough, when no dataset has them all.
    any_word: bool = False
    # The words are no more those that were asked.
    respelt: bool = False


class _Statement:
    """A statement in the making, with its arguments."""

    def __init__(self) -> None:
        self.args: list[Any] = []

    def put(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"


def _words(statement: _Statement, asked: Asked) -> list[str]:
    return [
        "(" + " || ".join(f"plainto_tsquery('french', {statement.put(word)})" for word in group) + ")"
        for group in asked.alternatives
    ]


def _query(statement: _Statement, asked: Asked) -> str:
    words = _words(statement, asked)
    if asked.any_word:
        return "(" + " || ".join(words) + ")"
    # Two words that follow one another may be written as one: `open damir`, `opendamir`.
    pairs = list(pairwise(group[0] for group in asked.alternatives))[:MOST_PAIRS]
    written = [words] + [
        [*words[:place], f"plainto_tsquery('french', {statement.put(first + second)})", *words[place + 2 :]]
        for place, (first, second) in enumerate(pairs)
    ]
    return "(" + " || ".join("(" + " && ".join(each) + ")" for each in written) + ")"


def _found(
    statement: _Statement, asked: Asked, query: str | None, *, wide: bool = False, join: str = ""
) -> str:
    """Return `FROM … WHERE …`; the words are an inner table of its own, so that their index is what is walked.

    The datasets themselves (`wide`) are read only where what is asked needs them: most of their columns are long.
    """
    where = []
    for name, values in asked.filters.items():
        where.append(_FILTERS[name].format(statement.put(list(values))))
    if asked.start is not None:
        where.append(f"coalesce(d.temporal_end, d.temporal_start) >= {statement.put(asked.start)}")
    if asked.end is not None:
        where.append(f"coalesce(d.temporal_start, d.temporal_end) <= {statement.put(asked.end)}")
    searched = f"s.shown AND s.document @@ {query}" if query else "s.shown"
    words = f"(SELECT s.* FROM dataset_search AS s WHERE {searched} OFFSET 0) AS w"
    if where or wide:
        words += " JOIN dataset AS d ON d.id = w.dataset_id"
    return f"FROM {words} {join} WHERE " + (" AND ".join(where) or "true")


async def words(db: Database) -> dict[str, int]:
    """Return each word of the titles, keywords and producers of what everybody may see, and how many have it."""
    rows = await db.fetch(
        "SELECT word, count(DISTINCT d.id) AS datasets FROM dataset AS d, LATERAL regexp_split_to_table("
        "folded(concat_ws(' ', d.title, array_to_string(d.tags, ' '), d.organization_name)), '[^[:alnum:]]+') AS word "
        f"WHERE {SHOWN} AND length(word) >= {SHORTEST_MISSPELT} GROUP BY word"
    )
    return {row["word"]: row["datasets"] for row in rows}


async def page(db: Database, asked: Asked, *, offset: int, limit: int) -> list[UUID]:
    """Return the ids of the datasets that answer, best first or newest first."""
    statement = _Statement()
    query = _query(statement, asked) if asked.alternatives else None
    best_first = query is not None and not asked.newest_first
    found = _found(statement, asked, query, wide=not best_first)
    order = "coalesce(d.remote_modified_at, d.modified_at) DESC, d.id"
    if query and best_first:
        plain = statement.put(" ".join(group[0] for group in asked.alternatives))
        rank = _RANK.format(query=query, phrase=f"phraseto_tsquery('french', {plain})", plain=plain)
        if asked.any_word:
            # Who has more of the words comes first.
            had = " + ".join(f"(w.document @@ {word})::int" for word in _words(statement, asked))
            rank = f"({had}) DESC, {rank}"
        order = f"{rank} DESC, w.dataset_id"
    window = f"OFFSET {statement.put(offset)} LIMIT {statement.put(limit)}"
    rows = await db.fetch(f"SELECT w.dataset_id {found} ORDER BY {order} {window}", *statement.args)
    return [row["dataset_id"] for row in rows]


async def counts(db: Database, asked: Asked) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Return how many datasets answer, and how many of them for each value of each facet."""
    statement = _Statement()
    query = _query(statement, asked) if asked.alternatives else None
    found = _found(statement, asked, query, join="JOIN dataset_facets AS f ON f.dataset_id = w.dataset_id")
    rows = await db.fetch(_COUNTS.format(found=found, most=MOST_TAGS), *statement.args)
    facets: dict[str, list[dict[str, Any]]] = {name: [] for name in _FILTERS}
    total = 0
    for row in rows:
        if row["facet"] == "total":
            total = row["count"]
        else:
            facets[row["facet"]].append({"value": row["value"], "count": row["count"], "label": row["label"]})
    for values in facets.values():
        values.sort(key=lambda one: (-one["count"], one["value"]))
    return total, facets
