"""What a client of the catalog can do wrong."""

from shared.problems import Conflict, NotFound, PayloadTooLarge


class DatasetNotFound(NotFound):
    slug = "dataset-not-found"
    title_fr = "Jeu de données inconnu"
    title_en = "Unknown dataset"

    @classmethod
    def of(cls, dataset_id: object) -> "DatasetNotFound":
        """Return the problem for an id that names no dataset that this caller may touch."""
        return cls(
            fr=f"Aucun jeu de données accessible avec cette clé n'a l'identifiant {dataset_id}.",
            en=f"No dataset that this key may reach has the id {dataset_id}.",
        )


class ResourceNotFound(NotFound):
    slug = "resource-not-found"
    title_fr = "Ressource inconnue"
    title_en = "Unknown resource"

    @classmethod
    def of(cls, resource_id: object) -> "ResourceNotFound":
        """Return the problem for an id that names no resource of the dataset."""
        return cls(
            fr=f"Ce jeu de données n'a pas de ressource {resource_id}.",
            en=f"This dataset has no resource {resource_id}.",
        )


class ResourceIsRemote(Conflict):
    slug = "resource-is-remote"
    title_fr = "Ressource publiée ailleurs"
    title_en = "Resource published elsewhere"

    @classmethod
    def of(cls, url: str) -> "ResourceIsRemote":
        """Return the problem for content sent to a resource that has a URL."""
        return cls(
            fr=f"Cette ressource est publiée à {url} : son contenu vient de là. Créez une ressource sans « url ».",
            en=f"This resource is published at {url}: its content comes from there. Create one without `url`.",
        )


class ContentTooLarge(PayloadTooLarge):
    slug = "content-too-large"
    title_fr = "Fichier trop volumineux"
    title_en = "File too large"

    @classmethod
    def past(cls, limit: int) -> "ContentTooLarge":
        """Return the problem for a file larger than `limit` bytes."""
        return cls(
            fr=f"Le fichier dépasse {limit / 1e6:g} Mo : compressez-le (gzip), ou publiez-le et donnez son « url ».",
            en=f"The file exceeds {limit / 1e6:g} MB: compress it (gzip), or publish it and give its `url`.",
            limit_bytes=limit,
        )
