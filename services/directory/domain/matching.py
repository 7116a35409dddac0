"""Which former name or code made a body answer a query, so that a reader understands why it is shown."""

from services.directory.domain.collectivites import Alias, Collectivite
from services.directory.domain.folding import significant, words


def matching_alias(body: Collectivite, query: str) -> Alias | None:
    """Return the alias that a query names, or None when the present name or a code answers it, or nothing does."""
    folded = words(query)
    if not folded:
        return None
    text, short = "".join(folded), "".join(significant(folded))
    own = words(body.nom)
    if short in "".join(significant(own)) or text in (body.code_insee.lower(), body.siren):
        return None
    for alias in body.aliases:
        name = words(alias.nom)
        if alias.code.lower() == text or (name and short in "".join(significant(name))):
            return alias
    return None
