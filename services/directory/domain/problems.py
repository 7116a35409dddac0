"""What a client of the directory can meet."""

from shared.problems import NotFound, Unavailable


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
