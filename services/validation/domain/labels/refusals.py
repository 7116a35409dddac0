"""What stands against a label that is asked for, changed or withdrawn."""

from collections.abc import Sequence

from services.validation.domain.labels.criteria import VERSION, Unmet
from services.validation.domain.labels.facts import LabelState
from shared.problems import Conflict, Forbidden, NotFound, Problem

CRITERIA = "/validation/v1/labels/criteria"


class LabelSubjectNotFound(NotFound):
    slug = "label-subject-not-found"
    title_fr = "Progiciel, version ou module inconnu"
    title_en = "Unknown application, version or module"

    @classmethod
    def of(cls, fr: str, en: str, key: object) -> "LabelSubjectNotFound":
        """Return the problem for an application, version or module that is unknown, or another vendor's."""
        return cls(
            fr=f"Votre organisation n'a pas de {fr} d'identifiant {key} : faites-en d'abord la déclaration dans "
            "l'annuaire, ou patientez quelques secondes si vous venez de la faire.",
            en=f"Your organisation has no {en} with the id {key}: declare it in the directory first, or wait for some "
            "seconds if you have just done so.",
        )


class LabelRefused(Problem):
    """`criteria` lists each one that is not met: `{criterion, demand, demand_en, detail, detail_en, run}`."""

    status = 422
    slug = "label-refused"
    title_fr = "Critères du label non remplis"
    title_en = "Criteria of the label not met"

    @classmethod
    def for_want_of(cls, unmet: Sequence[Unmet]) -> "LabelRefused":
        """Return the problem that lists every criterion that is not met."""
        first = unmet[0]
        return cls(
            fr=f"{len(unmet)} constat(s) s'opposent au label ; le premier : {first.fr} Les critères : {CRITERIA}",
            en=f"{len(unmet)} finding(s) stand against the label; the first: {first.en} The criteria: {CRITERIA}",
            criteria_version=VERSION,
            criteria=[item.document() for item in unmet],
        )


class LabelExists(Conflict):
    slug = "label-exists"
    title_fr = "Label déjà accordé"
    title_en = "Label already granted"

    @classmethod
    def at(cls, address: str) -> "LabelExists":
        """Return the problem for a second label of the same module, schema and major version."""
        return cls(
            fr=f"Ce module a déjà un label en vie pour ce schéma et cette version majeure : renouvelez-le ({address}/"
            "renewals).",
            en=f"This module has a label in life for this schema and major version: renew it ({address}/renewals).",
            existing=address,
        )


class LabelEnded(Conflict):
    slug = "label-ended"
    title_fr = "Label terminé"
    title_en = "Label at its end"

    @classmethod
    def as_(cls, state: LabelState) -> "LabelEnded":
        """Return the problem for a label whose state does not allow what is asked."""
        suspended = state is LabelState.SUSPENDU
        way_fr = "adressez-vous à la modération" if suspended else "demandez au besoin un nouveau label"
        way_en = "ask the moderators" if suspended else "ask for a new label if need be"
        return cls(
            fr=f"Ce label est {state.fr} : l'opération demandée ne s'y applique pas ; {way_fr}.",
            en=f"This label is {state.en}: what is asked does not apply to it; {way_en}.",
        )


class LabelNeedsSiren(Forbidden):
    slug = "label-needs-siren"
    title_fr = "Clé sans organisation"
    title_en = "Key without organisation"

    @classmethod
    def asked(cls) -> "LabelNeedsSiren":
        """Return the problem for a key bound to no SIREN."""
        return cls(
            fr="Un label se demande avec une clé liée au SIREN de l'éditeur : demandez-en une à l'exploitant.",
            en="A label is asked for with a key bound to the vendor's SIREN: ask the operator for one.",
        )


class RunAttested(Conflict):
    slug = "run-attested"
    title_fr = "Validation attestée par un label"
    title_en = "Validation attested by a label"

    @classmethod
    def by(cls, label_id: object) -> "RunAttested":
        """Return the problem for a validation on which a label rests, and that is to be deleted."""
        return cls(
            fr=f"Le label {label_id} repose sur cette validation : elle reste tant qu'il existe.",
            en=f"The label {label_id} rests on this validation: it stays as long as the label is there.",
        )


class CriteriaNotFound(NotFound):
    slug = "label-criteria-not-found"
    title_fr = "Version des critères inconnue"
    title_en = "Unknown version of the criteria"

    @classmethod
    def of(cls, version: str) -> "CriteriaNotFound":
        """Return the problem for a version that was never published."""
        return cls(
            fr=f"Les critères du label n'ont pas de version {version} : la liste est dans {CRITERIA}/versions.",
            en=f"The criteria of the label have no version {version}: the list is in {CRITERIA}/versions.",
        )
