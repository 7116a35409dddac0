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
    "* (CASE WHEN 'country:fr' = ANY(d.zones) THEN 2 ELSE 1 END) "
    "* (1 + 0.1 * ln(1 + d.popularity::float8)) "
    # Folding is dear: only a title about as long as the words may be equal to them.
    "+ (CASE WHEN abs(length(d.title) - length({plain})) > 10 THEN 0 WHEN folded(d.title) = {plain} THEN 1 ELSE 0 END)"
)
_COUNTS = """
WITH hits AS MATERIALIZED (SELECT d.id, d.themes, d.tags, d.license, d.organization_siren, d.organization_name,
    d.source_id, d.zones {found}),
files AS MATERIALIZED (SELECT r.dataset_id, r.format, r.schema_name, r.conformity,
    r.schema_name IS NOT NULL OR r.schema_url IS NOT NULL AS has_schema
    FROM resource AS r JOIN hits ON hits.id = r.dataset_id WHERE r.deleted_at IS NULL)
(SELECT 'total' AS facet, '' AS value, count(*), NULL AS label FROM hits)
UNION ALL (SELECT 'theme', value, count(*), NULL FROM hits, unnest(themes) AS value GROUP BY value)
UNION ALL (SELECT 'tag', value, count(*), NULL FROM hits, unnest(tags) AS value GROUP BY value
    ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'zone', value, count(*), NULL FROM hits, unnest(zones) AS value GROUP BY value
    ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'license', license, count(*), NULL FROM hits GROUP BY license)
UNION ALL (SELECT 'organization', organization_siren, count(*), min(organization_name) FROM hits
    WHERE organization_siren IS NOT NULL GROUP BY organization_siren ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'source', s.slug, count(*), min(s.name) FROM hits JOIN source AS s ON s.id = hits.source_id
    GROUP BY s.slug ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'format', format, count(DISTINCT dataset_id), NULL FROM files WHERE format IS NOT NULL
    GROUP BY format ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'schema', schema_name, count(DISTINCT dataset_id), NULL FROM files
    WHERE schema_name IS NOT NULL GROUP BY schema_name ORDER BY 3 DESC, 2 LIMIT {most})
UNION ALL (SELECT 'conformity', conformity, count(DISTINCT dataset_id), NULL FROM files WHERE has_schema
    GROUP BY conformity)
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


def _found(statement: _Statement, asked: Asked, query: str | None) -> str:
    """Return `FROM … WHERE …`; the words are an inner table of its own, so that their index is what is walked."""
    where = [SHOWN]
    for name, values in asked.filters.items():
        where.append(_FILTERS[name].format(statement.put(list(values))))
    if asked.start is not None:
        where.append(f"coalesce(d.temporal_end, d.temporal_start) >= {statement.put(asked.start)}")
    if asked.end is not None:
        where.append(f"coalesce(d.temporal_start, d.temporal_end) <= {statement.put(asked.end)}")
    words = (
        f"(SELECT s.dataset_id, s.document FROM dataset_search AS s WHERE s.document @@ {query} OFFSET 0) AS w "
        "JOIN dataset AS d ON d.id = w.dataset_id"
        if query
        else "dataset AS d"
    )
    return f"FROM {words} WHERE " + " AND ".join(where)


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
    found = _found(statement, asked, query)
    order = "coalesce(d.remote_modified_at, d.modified_at) DESC, d.id"
    if query and not asked.newest_first:
        plain = statement.put(" ".join(group[0] for group in asked.alternatives))
        rank = _RANK.format(query=query, phrase=f"phraseto_tsquery('french', {plain})", plain=plain)
        if asked.any_word:
            # Who has more of the words comes first.
            had = " + ".join(f"(w.document @@ {word})::int" for word in _words(statement, asked))
            rank = f"({had}) DESC, {rank}"
        order = f"{rank} DESC, d.id"
    window = f"OFFSET {statement.put(offset)} LIMIT {statement.put(limit)}"
    rows = await db.fetch(f"SELECT d.id {found} ORDER BY {order} {window}", *statement.args)
    return [row["id"] for row in rows]


async def counts(db: Database, asked: Asked) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Return how many datasets answer, and how many of them for each value of each facet."""
    statement = _Statement()
    query = _query(statement, asked) if asked.alternatives else None
    found = _found(statement, asked, query)
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
