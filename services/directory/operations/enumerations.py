"""Every enumeration that the API serves, with its labels in French and in English."""

from collections.abc import Mapping

from services.directory.domain import atd, contacts, demande, labels, moderation, reference, territoire
from services.directory.domain.claims import SOURCES, STATUS_LABELS
from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.observatoire import INDICATORS
from services.directory.domain.rapprochement import OUTCOME_LABELS
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from services.directory.operations.rights import ROLES
from services.directory.operations.search import KINDS
from services.directory.operations.software_use import WITHOUT_LABEL

Labels = Mapping[str, tuple[str, str]]

STATEMENTS: Labels = {
    "declare": ("déclare", "declares"),
    "confirme": ("confirme", "confirms"),
    "conteste": ("conteste", "contests"),
    "retire": ("retire", "withdraws"),
}
POLICIES: Labels = {
    "inclus": ("Inclus", "Included"),
    "option_gratuite": ("Option gratuite", "Free option"),
    "option_payante": ("Option payante", "Paid option"),
    "sur_devis": ("Sur devis", "On quote"),
}
ASSURANCES: Labels = {
    "declare": ("Déclaré par l'éditeur", "Declared by the vendor"),
    "verifie": ("Vérifié par Socle", "Verified by Socle"),
    "confirme": ("Confirmé par des données publiées", "Confirmed by published data"),
}
DECLARED_BY: Labels = {
    "collectivite": ("La collectivité elle-même", "The body itself"),
    "aidant": ("Un tiers qui l'aide", "Somebody who helps it"),
}
LINE_OUTCOMES: Labels = {
    "accepte": ("Acceptée", "Accepted"),
    "inchange": ("Inchangée", "Unchanged"),
    "refuse": ("Refusée", "Refused"),
}
IMPORTED: Labels = {
    "usages": ("Usages", "Usages"),
    "progiciels": ("Progiciels", "Applications"),
    "modules": ("Modules d'export", "Export modules"),
}
JOB_STATES: Labels = {
    "queued": ("en attente", "queued"),
    "running": ("en cours", "running"),
    "done": ("terminé", "done"),
    "failed": ("en échec", "failed"),
}
IMPORT_KINDS: Labels = {
    "organismes": ("Organismes", "Bodies"),
    "plateformes": ("Plateformes", "Platforms"),
}

ENUMERATIONS: dict[str, Labels] = {
    "type": TYPES,
    "population": {found.code: (found.fr, found.en) for found in POPULATION_CLASSES},
    "departement": {code: (name, name) for code, name in DEPARTEMENTS.items()},
    "region": {code: (name, name) for code, name in REGIONS.items()},
    "domaine": DOMAINES,
    "usage_status": {status.value: names for status, names in STATUS_LABELS.items()},
    "statement": STATEMENTS,
    "source": SOURCES,
    "policy": POLICIES,
    "label_state": {**labels.STATES, WITHOUT_LABEL: ("sans label", "without a label")},
    "label_assurance": ASSURANCES,
    "offre": {code: (fr, en) for code, fr, en in demande.LEVELS.values()},
    "indicateur": {code: (fr, en) for code, (fr, en, _, _) in INDICATORS.items()},
    "niveau": territoire.LEVELS,
    "import_kind": IMPORT_KINDS,
    "import_outcome": {outcome.value: names for outcome, names in OUTCOME_LABELS.items()},
    "search_kind": KINDS,
    "atd_echelle": atd.ECHELLES,
    "atd_section": atd.SECTIONS,
    "contact_kind": contacts.KINDS,
    "contact_purpose": contacts.PURPOSES,
    "contact_audience": contacts.AUDIENCES,
    "consent_means": contacts.CONSENT_MEANS,
    "submission_state": {state.value: names for state, names in moderation.STATE_LABELS.items()},
    "submission_kind": {kind.value: names for kind, names in moderation.KIND_LABELS.items()},
    "declared_by": DECLARED_BY,
    "line_outcome": LINE_OUTCOMES,
    "imported": IMPORTED,
    "job_state": JOB_STATES,
    "reference_change": reference.KINDS,
    "role": ROLES,
}


def shown() -> dict[str, list[dict[str, str]]]:
    """Return every enumeration as the API shows it: values in their order, with their labels."""
    return {
        name: [{"value": value, "label": fr, "label_en": en} for value, (fr, en) in values.items()]
        for name, values in ENUMERATIONS.items()
    }
