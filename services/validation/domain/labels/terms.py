"""The terms of our own in a credential: what each means, and the JSON-LD context that defines them."""

from dataclasses import dataclass
from typing import Any

from services.validation.domain.labels.addresses import Issuer

CONFORMITY = "OpenDataConformity"
COVERAGE = "FieldCoverage"
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True, slots=True)
class Term:
    """A term; `kind` is an XML Schema type, `@id` for an address, or empty for a node."""

    name: str
    kind: str
    fr: str
    en: str


# Of `credentialSubject.conformity`, whose type is `OpenDataConformity`.
CONFORMITY_TERMS = (
    Term("applicationName", "string", "Nom du progiciel", "Name of the application"),
    Term("applicationVersion", "string", "Version exacte du progiciel", "Exact version of the application"),
    Term("exportModule", "string", "Module d'export évalué", "Export module assessed"),
    Term("vendorSiren", "string", "SIREN de l'éditeur", "SIREN of the vendor"),
    Term("vendorName", "string", "Nom de l'éditeur", "Name of the vendor"),
    Term("tableSchema", "string", "Nom du schéma, comme « scdl/deliberations »", "Name of the schema"),
    Term("tableSchemaVersion", "string", "Version exacte du schéma", "Exact version of the schema"),
    Term("validatorName", "string", "Nom du validateur", "Name of the validator"),
    Term("validatorVersion", "string", "Version du validateur", "Version of the validator"),
    Term("validation", "@id", "Adresse de la validation", "Address of the validation run"),
    Term("inputSha256", "string", "SHA-256 du fichier validé", "SHA-256 of the file validated"),
    Term("reportSha256", "string", "SHA-256 du rapport", "SHA-256 of the report"),
    Term("rowCount", "integer", "Lignes du fichier", "Rows of the file"),
    Term("fieldCoverage", "", "Remplissage de chaque champ du schéma", "How far each field is filled"),
    Term("criteriaVersion", "string", "Version des critères du label", "Version of the label's criteria"),
    Term(
        "assurance", "string", "Assurance : « verifie » ou « confirme »", "Assurance: `verifie` or `confirme`"
    ),
)
# Of each item of `fieldCoverage`, whose type is `FieldCoverage`.
COVERAGE_TERMS = (
    Term("fieldName", "string", "Nom du champ", "Name of the field"),
    Term("requiredField", "boolean", "Le schéma demande-t-il ce champ ?", "Whether the schema requires it"),
    Term("filledRows", "integer", "Lignes où il est rempli", "Rows in which it is filled"),
)


def context(issuer: Issuer) -> dict[str, Any]:
    """Return the JSON-LD context of our terms; each is defined where its type is, and nowhere else."""
    vocabulary = f"{issuer.context}#"
    return {
        "@context": {
            "@version": 1.1,
            "@protected": True,
            "conformity": {"@id": f"{vocabulary}conformity"},
            CONFORMITY: _type(vocabulary, CONFORMITY, CONFORMITY_TERMS),
            COVERAGE: _type(vocabulary, COVERAGE, COVERAGE_TERMS),
        }
    }


def _type(vocabulary: str, name: str, terms: tuple[Term, ...]) -> dict[str, Any]:
    scoped: dict[str, Any] = {"@protected": True, "id": "@id", "type": "@type"}
    for term in terms:
        scoped[term.name] = {"@id": f"{vocabulary}{term.name}"}
        if term.kind:
            scoped[term.name]["@type"] = term.kind if term.kind.startswith("@") else f"{_XSD}{term.kind}"
    return {"@id": f"{vocabulary}{name}", "@context": scoped}
