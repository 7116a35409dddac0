"""How well a short folded name (a vendor's, an application's, a domain's) answers a query."""

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from services.directory.domain.folding import significant, words
from services.directory.domain.search import Rank
from services.directory.domain.typos import allowed


def name_key(name: str) -> str:
    """Return the folded name, by which two spellings of one name are the same."""
    return "".join(words(name))


def search_key(query: str) -> str:
    """Return what to look for in folded names: empty finds all, and a query without a word finds nothing."""
    # A folded name holds no space.
    return name_key(query) or (" " if query.strip() else "")


def forms(query: str) -> list[str]:
    """Return the folded texts to look for: every word, and the words that carry meaning."""
    folded = words(query)
    return list(dict.fromkeys(("".join(folded), "".join(significant(folded))))) if folded else []


def rank(name: str, query_forms: Sequence[str]) -> int:
    """Return the rank of a name, folded without spaces, for a query; `Rank.NONE` when it does not answer."""
    return min((_rank(name, form) for form in query_forms), default=Rank.NONE)


def mistyped(name: str, query_forms: Sequence[str]) -> int:
    """Return the rank of a name that a query may be a mistyping of; `Rank.NONE` when it is too far."""
    return min((_mistyped(name, form) for form in query_forms), default=Rank.NONE)


def _rank(name: str, form: str) -> int:
    place = name.find(form)
    if place < 0:
        return Rank.NONE
    if place > 0:
        return Rank.ALL_WORDS
    return Rank.EXACT if len(name) == len(form) else Rank.BEGINS


def _mistyped(name: str, form: str) -> int:
    most = allowed(form)
    if most == 0 or form.isdigit():
        return Rank.NONE
    whole = OSA.distance(form, name, score_cutoff=most)
    if whole <= most:
        return Rank.TYPO + 2 * whole
    begins = OSA.distance(form, name[: len(form)], score_cutoff=most)
    return Rank.TYPO_BEGINS + begins if begins <= most and len(form) > 4 else Rank.NONE
