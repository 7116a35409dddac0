"""The language of an answer made for people: French, or English when it is asked for."""

from typing import Annotated, Literal

from fastapi import Query, Request

Language = Literal["fr", "en"]

Lang = Annotated[
    Language | None,
    Query(
        description="Language of the words; by default what `Accept-Language` prefers, French if it says nothing."
    ),
]


def language_of(request: Request, asked: Language | None) -> Language:
    """Return the language asked for, else the one that `Accept-Language` prefers (RFC 9110, section 12.5.4)."""
    if asked is not None:
        return asked
    weights = {"fr": 0.0, "en": 0.0}
    for item in request.headers.get("accept-language", "")[:1000].split(","):
        tag, _, parameter = item.partition(";")
        name = tag.strip().lower().partition("-")[0]
        if name in weights:
            weights[name] = max(weights[name], _weight(parameter))
    return "en" if weights["en"] > weights["fr"] else "fr"


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
