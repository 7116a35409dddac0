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

    @classmethod
    def for_writing(cls, kind_fr: str, kind_en: str, key: object) -> "NotListed":
        """Return the problem for an id that names nothing, or nothing that this key may write: the same for both."""
        return cls(
            fr=f"Il n'y a pas d'entrée « {kind_fr} » {key} que cette clé puisse modifier : prenez la clé liée au SIREN "
            "de l'organisation, ou adressez-vous à la modération.",
            en=f"There is no {kind_en} {key} that this key may change: use the key bound to the SIREN of its "
            "organisation, or ask the moderators.",
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


class StillUsed(Conflict):
    slug = "still-used"
    title_fr = "Encore utilisé"
    title_en = "Still used"

    @classmethod
    def by_others(cls) -> "StillUsed":
        """Return the problem for an entry that others rest on: it cannot be removed."""
        return cls(
            fr="D'autres entrées reposent sur celle-ci (progiciels, modules, usages ou labels) : retirez-les d'abord ; "
            "un usage ou un module ne se retire pas, il se dit terminé par une affirmation « retire ».",
            en="Other entries rest on this one (applications, modules, usages or labels): remove these first; a usage "
            "or a module is not removed, it is said to have ended by a claim `retire`.",
        )


class VersionLabelled(Conflict):
    slug = "version-labelled"
    title_fr = "Version labellisée"
    title_en = "Version with a label"

    @classmethod
    def by(cls, label: str) -> "VersionLabelled":
        """Return the problem for a version that would take another number than the one its label attests."""
        return cls(
            fr=f"Un label atteste cette version sous son numéro actuel ({label}) : ajoutez l'autre numéro comme une "
            "nouvelle version.",
            en=f"A label attests this version under its present number ({label}): add the other number as a new "
            "version.",
            label=label,
        )


class AlreadyDecided(Conflict):
    slug = "already-decided"
    title_fr = "Déjà décidé"
    title_en = "Already decided"

    @classmethod
    def as_(cls, state: str, state_en: str) -> "AlreadyDecided":
        """Return the problem for a submission that a moderator has already dealt with."""
        return cls(
            fr=f"Cette soumission est déjà dans l'état « {state} » : relisez-la, une décision ne se reprend pas.",
            en=f"This submission is already {state_en}: read it again, a decision is final.",
        )


class CannotBePublished(Conflict):
    slug = "cannot-be-published"
    title_fr = "Publication impossible"
    title_en = "It cannot be published"


class NotAvailableToKey(Conflict):
    slug = "key-without-organisation"
    title_fr = "Clé sans organisation"
    title_en = "Key without an organisation"

    @classmethod
    def needs_siren(cls) -> "NotAvailableToKey":
        """Return the problem for a key bound to no SIREN where an organisation must speak for itself."""
        return cls(
            fr="Cette opération demande une clé liée au SIREN de l'organisation : demandez-en une à l'exploitant.",
            en="This operation needs a key bound to the SIREN of the organisation: ask the operator for one.",
        )
