"""What a client of the catalog can do wrong."""

from datetime import datetime

from shared.problems import Conflict, NotFound, PayloadTooLarge, Problem


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


class EmptyContent(Problem):
    status = 422
    slug = "empty-content"
    title_fr = "Fichier vide"
    title_en = "Empty file"

    @classmethod
    def of_request(cls) -> "EmptyContent":
        """Return the problem for a body without a byte."""
        return cls(
            fr="Le corps de la requête est vide : envoyez le fichier (curl : --data-binary @export.csv).",
            en="The request body is empty: send the file (curl: --data-binary @export.csv).",
        )


class DatasetDeleted(Problem):
    status = 410
    slug = "dataset-deleted"
    title_fr = "Jeu de données supprimé"
    title_en = "Dataset deleted"

    @classmethod
    def at(cls, moment: datetime) -> "DatasetDeleted":
        """Return the problem for a dataset deleted at a moment."""
        return cls(
            fr=f"Ce jeu de données a été supprimé le {moment:%d/%m/%Y} ; celui à qui il appartient peut le rétablir.",
            en=f"This dataset was deleted on {moment:%Y-%m-%d}; whoever owns it may restore it.",
            deleted_at=moment.isoformat(),
        )


class SourceNotFound(NotFound):
    slug = "source-not-found"
    title_fr = "Source inconnue"
    title_en = "Unknown source"

    @classmethod
    def of(cls, slug: str) -> "SourceNotFound":
        """Return the problem for a name of no source that this caller may write to."""
        return cls(
            fr=f"Aucune source accessible avec cette clé ne s'appelle « {slug} » : créez-la d'abord.",
            en=f"No source that this key may reach is called `{slug}`: create it first.",
        )


class SourceExists(Conflict):
    slug = "source-exists"
    title_fr = "Nom de source déjà pris"
    title_en = "Source name taken"

    @classmethod
    def of(cls, slug: str) -> "SourceExists":
        """Return the problem for a name that another source has."""
        return cls(
            fr=f"Une source s'appelle déjà « {slug} » : choisissez un autre nom.",
            en=f"A source is called `{slug}` already: choose another name.",
        )


class SourceHarvestsUs(Conflict):
    slug = "source-harvests-us"
    title_fr = "Source qui nous moissonne"
    title_en = "Source that harvests us"

    @classmethod
    def at(cls, url: str) -> "SourceHarvestsUs":
        """Return the problem for a source whose address is ours."""
        return cls(
            fr=f"L'adresse {url} est celle de ce catalogue : le moissonner ferait des doubles sans fin.",
            en=f"The address {url} is that of this catalogue: harvesting it would make duplicates without end.",
        )


class OrganizationNotFound(NotFound):
    slug = "organization-not-found"
    title_fr = "Organisation inconnue"
    title_en = "Unknown organization"

    @classmethod
    def of(cls, organization_id: object) -> "OrganizationNotFound":
        """Return the problem for an id that names no organization."""
        return cls(
            fr=f"Aucune organisation n'a l'identifiant {organization_id}.",
            en=f"No organization has the id {organization_id}.",
        )


class VocabularyNotFound(NotFound):
    slug = "vocabulary-not-found"
    title_fr = "Vocabulaire inconnu"
    title_en = "Unknown vocabulary"

    @classmethod
    def of(cls, name: str, known: str) -> "VocabularyNotFound":
        """Return the problem for a name of no vocabulary."""
        return cls(
            fr=f"Aucun vocabulaire ne s'appelle « {name} » ; il y a : {known}.",
            en=f"No vocabulary is called `{name}`; there are: {known}.",
        )


class PayloadUnreadable(Problem):
    status = 422
    slug = "payload-unreadable"
    title_fr = "Catalogue illisible"
    title_en = "Catalogue unreadable"

    @classmethod
    def because(cls, fr: str, en: str) -> "PayloadUnreadable":
        """Return the problem for a payload that no reader can read."""
        return cls(
            fr=f"Rien n'a été enregistré : {fr}.",
            en=f"Nothing was stored: {en}.",
        )


class TooManyResources(Problem):
    status = 422
    slug = "too-many-resources"
    title_fr = "Trop de ressources"
    title_en = "Too many resources"

    @classmethod
    def past(cls, limit: int) -> "TooManyResources":
        """Return the problem for a dataset of more than `limit` resources."""
        return cls(
            fr=f"Un jeu de données compte {limit} ressources au plus : découpez-le.",
            en=f"A dataset has {limit} resources at most: split it.",
            limit=limit,
        )
