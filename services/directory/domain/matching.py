"""Which former name or code made a body answer a query, so that a reader understands why it is shown."""

from services.directory.domain.collectivites import Alias, Collectivite
from services.directory.domain.folding import significant, words
from services.directory.domain.readings import readings


def matching_alias(body: Collectivite, query: str) -> Alias | None:
    """Return the alias that a query names, or None when the present name or a code answers it, or nothing does."""
    folded = words(query)
    own = "".join(significant(words(body.nom)))
    for said in (folded, *(list(reading.name) for reading in readings(folded))):
        text, short = "".join(said), "".join(significant(said))
        if short in own or text in (body.code_insee.lower(), body.siren):
            return None
        for alias in body.aliases:
            name = words(alias.nom)
            if alias.code.lower() == text or (name and short in "".join(significant(name))):
                return alias
    return None
