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


class SourceNotHarvestable(Problem):
    status = 422
    slug = "source-not-harvestable"
    title_fr = "Source qui ne se moissonne pas"
    title_en = "Source that is not harvested"

    @classmethod
    def of(cls, slug: str) -> "SourceNotHarvestable":
        """Return the problem for a source that sends its datasets itself, or that has no address."""
        return cls(
            fr=f"La source {slug} n'a pas d'adresse, ou envoie ses jeux de données elle-même (« push ») : créez-en une "
            "avec « kind » (udata, dcat, ckan, opendatasoft ou csw) et « url ».",
            en=f"The source {slug} has no address, or sends its datasets itself (`push`): create one with a `kind` "
            "(udata, dcat, ckan, opendatasoft or csw) and a `url`.",
        )


class HarvestNotFound(NotFound):
    slug = "harvest-not-found"
    title_fr = "Moissonnage inconnu"
    title_en = "Unknown harvest"

    @classmethod
    def of(cls, run_id: object) -> "HarvestNotFound":
        """Return the problem for an id that names no harvest of the source."""
        return cls(
            fr=f"Cette source n'a pas de moissonnage {run_id}.", en=f"This source has no harvest {run_id}."
        )


class HarvestRunning(Conflict):
    slug = "harvest-running"
    title_fr = "Moissonnage en cours"
    title_en = "Harvest under way"

    @classmethod
    def of(cls, slug: str, run_id: object) -> "HarvestRunning":
        """Return the problem for a harvest asked for while another goes on."""
        return cls(
            fr=f"Le moissonnage {run_id} de la source {slug} est en cours : attendez sa fin, ou annulez-le.",
            en=f"The harvest {run_id} of the source {slug} is under way: wait for its end, or cancel it.",
            harvest=str(run_id),
        )


class HarvestNotAwaiting(Conflict):
    slug = "harvest-not-awaiting"
    title_fr = "Rien à confirmer"
    title_en = "Nothing to confirm"

    @classmethod
    def of(cls, run_id: object) -> "HarvestNotAwaiting":
        """Return the problem for a decision on a harvest that asks for none."""
        return cls(
            fr=f"Le moissonnage {run_id} n'attend aucune décision : consultez son « result ».",
            en=f"The harvest {run_id} awaits no decision: look at its `result`.",
        )


class HarvestOutdated(Conflict):
    slug = "harvest-outdated"
    title_fr = "Moissonnage dépassé"
    title_en = "Outdated harvest"

    @classmethod
    def of(cls, run_id: object) -> "HarvestOutdated":
        """Return the problem for a decision on a harvest after which another one came."""
        return cls(
            fr=f"La source a été moissonnée de nouveau depuis {run_id} : décidez d'après le dernier moissonnage.",
            en=f"The source was harvested again since {run_id}: decide on its latest harvest.",
        )


class HarvestLoops(Problem):
    status = 422
    slug = "harvest-loops"
    title_fr = "Pages qui tournent en rond"
    title_en = "Pages that go round in circles"

    @classmethod
    def at(cls, url: str) -> "HarvestLoops":
        """Return the problem for a page that leads back to what was read already."""
        return cls(
            fr=f"La page suivante annoncée, {url}, ramène à ce qui a déjà été lu. Ce qui a été lu est enregistré, rien "
            "n'est supprimé : signalez-le au portail.",
            en=f"The next page, {url}, leads back to what was read already. What was read is kept, nothing is deleted: "
            "tell the portal.",
        )


class HarvestTooLong(Problem):
    status = 422
    slug = "harvest-too-long"
    title_fr = "Trop de pages"
    title_en = "Too many pages"

    @classmethod
    def past(cls, limit: int) -> "HarvestTooLong":
        """Return the problem for a source of more than `limit` pages."""
        return cls(
            fr=f"La source compte plus de {limit} pages : demandez des pages plus longues dans son adresse, "
            "ou partagez-la en plusieurs sources.",
            en=f"The source has more than {limit} pages: ask for longer ones in its address, or split it into several "
            "sources.",
        )


class PageUnreadable(Problem):
    status = 422
    slug = "page-unreadable"
    title_fr = "Page illisible"
    title_en = "Unreadable page"

    @classmethod
    def because(cls, url: str, fr: str, en: str) -> "PageUnreadable":
        """Return the problem for a page that is not what such a portal answers."""
        return cls(
            fr=f"La page {url} ne se lit pas : {fr}. Vérifiez l'adresse et le « kind » de la source.",
            en=f"The page {url} cannot be read: {en}. Check the address and the `kind` of the source.",
        )


class HarvestGivenUp(Problem):
    status = 422
    slug = "harvest-given-up"
    title_fr = "Moissonnage abandonné"
    title_en = "Harvest given up"

    @classmethod
    def after(cls, attempts: int) -> "HarvestGivenUp":
        """Return the problem for a harvest that failed at every attempt."""
        return cls(
            fr=f"Le moissonnage a échoué {attempts} fois de suite au même endroit pour une raison de notre côté : "
            "relancez-le, il reprend les jeux de données déjà lus sans rien réécrire.",
            en=f"The harvest failed {attempts} times in a row at the same place, for a reason on our side: start it "
            "again, what was read already is not written again.",
        )


class LinkNotFound(NotFound):
    slug = "link-not-found"
    title_fr = "Lien pas encore vérifié"
    title_en = "Link not checked yet"

    @classmethod
    def of(cls, resource_id: object) -> "LinkNotFound":
        """Return the problem for a resource whose address was not looked at."""
        return cls(
            fr=f"La ressource {resource_id} n'existe pas, n'a pas d'adresse, ou n'a pas encore été vérifiée.",
            en=f"The resource {resource_id} does not exist, has no address, or was not checked yet.",
        )
