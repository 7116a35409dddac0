"""The credential of a label: Verifiable Credentials 2.0 and Open Badges 3.0, signed in two forms."""

from typing import Any
from uuid import UUID

import orjson

from services.validation.domain.labels import jwt
from services.validation.domain.labels.addresses import PURPOSES, SERVICE_PATH, Issuer
from services.validation.domain.labels.facts import Assurance, Credential, LabelFacts
from services.validation.domain.labels.instants import write_instant
from services.validation.domain.labels.keys import LabelKey
from services.validation.domain.labels.proof import add_proof
from services.validation.domain.labels.terms import CONFORMITY, COVERAGE

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGES_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
LABEL_NAME = "Conformité OpenData SCDL"


def issue(facts: LabelFacts, issuer: Issuer, key: LabelKey) -> Credential:
    """Return the credential that attests the facts, signed; raises ValueError with a key that may not sign."""
    if key.private is None:
        raise ValueError(f"the key {key.id} may not sign")
    document = unsigned(facts, issuer)
    method = issuer.key(key.id)
    # Not before the key was made: facts may be signed again by a newer one.
    created = write_instant(max(facts.issued_at, key.created))
    signed = add_proof(document, key.private, method=method, created=created)
    return Credential(orjson.dumps(signed), jwt.sign(document, key.private, method), key.id)


def unsigned(facts: LabelFacts, issuer: Issuer) -> dict[str, Any]:
    """Return the credential before it is signed."""
    what = f"{facts.progiciel_name} {facts.progiciel_version}, {facts.schema_name} {facts.schema_version}"
    return {
        "@context": [VC_CONTEXT, BADGES_CONTEXT, issuer.context],
        "id": issuer.label(facts.label_id),
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": f"{LABEL_NAME} : {what}",
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.public_url},
        "validFrom": write_instant(facts.begins_at),
        "validUntil": write_instant(facts.ends_at),
        "credentialSubject": {
            "id": issuer.progiciel(facts.progiciel_id),
            "type": ["AchievementSubject"],
            "achievement": _achievement(facts, issuer),
            "conformity": _conformity(facts, issuer),
        },
        "credentialStatus": [_status(facts, issuer, purpose) for purpose in PURPOSES],
    }


def _achievement(facts: LabelFacts, issuer: Issuer) -> dict[str, Any]:
    established = {
        Assurance.VERIFIE: "le service a validé lui-même un export de ce module",
        Assurance.CONFIRME: "des exports publiés par au moins deux collectivités sont conformes",
    }
    return {
        "id": f"{issuer.context}#ConformiteOpenDataSCDL",
        "type": ["Achievement"],
        "achievementType": "Badge",
        "name": LABEL_NAME,
        "description": "L'export du progiciel est conforme à un schéma du Socle Commun des Données Locales.",
        "criteria": {
            "narrative": f"Critères version {facts.criteria_version} : {established[facts.assurance]}, chaque champ "
            "obligatoire est rempli et le fichier est d'une taille plausible."
        },
        "image": {"id": issuer.label(facts.label_id, "badge.fr.svg"), "type": "Image"},
        "inLanguage": "fr",
    }


def _conformity(facts: LabelFacts, issuer: Issuer) -> dict[str, Any]:
    return {
        "type": CONFORMITY,
        "applicationName": facts.progiciel_name,
        "applicationVersion": facts.progiciel_version,
        "exportModule": facts.module_name,
        "vendorSiren": facts.editeur_siren,
        "vendorName": facts.editeur_name,
        "tableSchema": facts.schema_name,
        "tableSchemaVersion": facts.schema_version,
        "validatorName": facts.validator_name,
        "validatorVersion": facts.validator_version,
        "validation": f"{issuer.root}/validations/{facts.validation_id}",
        "inputSha256": facts.input_sha256,
        "reportSha256": facts.report_sha256,
        "rowCount": facts.rows,
        "fieldCoverage": [
            {
                "type": COVERAGE,
                "fieldName": field.name,
                "requiredField": field.required,
                "filledRows": field.filled,
            }
            for field in facts.coverage
        ],
        "criteriaVersion": facts.criteria_version,
        "assurance": facts.assurance.value,
    }


def _status(facts: LabelFacts, issuer: Issuer, purpose: Any) -> dict[str, str]:
    address = issuer.status_list(purpose, facts.status_list)
    return {
        "id": f"{address}#{facts.status_index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(facts.status_index),
        "statusListCredential": address,
    }


def label_of(address: object, issuer: Issuer | None = None) -> UUID | None:
    """Return the label that an address names: that of the label or of one of its forms. None when it names none.

    Without an issuer, the label of whichever address has the form of ours.
    """
    if not isinstance(address, str):
        return None
    before, found, rest = address.partition(f"{SERVICE_PATH}/labels/")
    if not found or (issuer is not None and before != issuer.public_url.rstrip("/")):
        return None
    try:
        return UUID(rest.partition("/")[0].partition("?")[0].partition("#")[0])
    except ValueError:
        return None
