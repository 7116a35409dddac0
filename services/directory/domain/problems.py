"""What a client of the directory can meet."""

from shared.problems import Conflict, NotFound, Unavailable


class CollectiviteNotFound(NotFound):
    slug = "collectivite-not-found"
    title_fr = "Collectivité inconnue"
    title_en = "Unknown collectivité"

    @classmethod
    def of(cls, siren: str) -> "CollectiviteNotFound":
        """Return the problem for a well-formed SIREN that is not of the reference."""
        return cls(
            fr=f"Le SIREN {siren} est bien formé, mais n'est celui d'aucune collectivité ni d'aucun groupement du "
            "référentiel : cherchez-la par son nom avec « /directory/v1/collectivites?q= ».",
            en=f"The SIREN {siren} is well formed, but no collectivité or grouping of the reference has it: "
            "look it up by name with `/directory/v1/collectivites?q=`.",
        )


class ReferenceNotReady(Unavailable):
    slug = "reference-not-ready"
    title_fr = "Référentiel en cours de chargement"
    title_en = "Reference being loaded"

    @classmethod
    def soon(cls) -> "ReferenceNotReady":
        """Return the problem for a search that comes before the first import has ended."""
        return cls(
            fr="Le référentiel des collectivités est en cours de chargement : réessayez dans quelques secondes.",
            en="The reference of collectivités is being loaded: try again in a few seconds.",
            headers={"retry-after": "2"},
        )


class NotListed(NotFound):
    slug = "not-listed"
    title_fr = "Absent de l'annuaire"
    title_en = "Not in the directory"

    @classmethod
    def of(cls, kind_fr: str, kind_en: str, key: object) -> "NotListed":
        """Return the problem for an id that names nothing of this kind."""
        return cls(
            fr=f"L'annuaire n'a pas d'entrée « {kind_fr} » pour {key} : reprenez l'adresse donnée par une liste.",
            en=f"The directory has no {kind_en} for {key}: use the address that a list gives.",
        )


class AlreadyListed(Conflict):
    slug = "already-listed"
    title_fr = "Déjà dans l'annuaire"
    title_en = "Already in the directory"

    @classmethod
    def at(cls, existing: str) -> "AlreadyListed":
        """Return the problem for an entry that would be the twin of another; `existing` is its address."""
        return cls(
            fr=f"Cette entrée existe déjà ({existing}) : complétez-la au lieu d'en créer une autre.",
            en=f"This entry exists already ({existing}): add to it rather than create another.",
            existing=existing,
        )
