"""A label as JSON and as what others put on their pages: badge endpoint of shields.io, snippets."""

from collections.abc import Mapping
from html import escape
from typing import Any

from services.validation.domain.labels.addresses import Issuer
from services.validation.domain.labels.badge import SHIELD_COLOURS, description, message
from services.validation.domain.labels.credential import LABEL_NAME
from services.validation.domain.labels.facts import GrantedLabel

# Seconds that a form of a label may be shown without asking again: it may be suspended meanwhile.
FRESH_SECONDS = 300


def label_view(label: GrantedLabel, issuer: Issuer) -> dict[str, Any]:
    """Return what anybody may read of a label; `label.state` is that of the moment."""
    facts = label.facts
    return {
        "id": facts.label_id,
        "self": issuer.label(facts.label_id),
        "name": LABEL_NAME,
        "state": label.state.value,
        "state_label": label.state.fr,
        "state_label_en": label.state.en,
        "in_force": label.state.in_force,
        "reason": label.reason_fr,
        "reason_en": label.reason_en,
        "superseded_by": label.superseded_by,
        "assurance": facts.assurance.value,
        "progiciel": {
            "id": facts.progiciel_id,
            "name": facts.progiciel_name,
            "version": facts.progiciel_version,
            "module_id": facts.module_id,
            "module": facts.module_name,
        },
        "editeur": {"siren": facts.editeur_siren, "name": facts.editeur_name},
        "schema": {"name": facts.schema_name, "version": facts.schema_version},
        "validator": {"name": facts.validator_name, "version": facts.validator_version},
        "validation_id": facts.validation_id,
        "input_sha256": facts.input_sha256,
        "report_sha256": facts.report_sha256,
        "rows": facts.rows,
        "coverage": [
            {"name": field.name, "required": field.required, "filled": field.filled}
            for field in facts.coverage
        ],
        "criteria_version": facts.criteria_version,
        "issued_at": facts.issued_at,
        "valid_from": facts.valid_from,
        "valid_until": facts.valid_until,
        "issuer": {"did": issuer.did, "name": issuer.name},
        "key_id": label.credential.key_id,
        "links": links(label, issuer),
    }


FORMS = {
    "page": "page",
    "credential": "credential.json",
    "jwt": "credential.jwt",
    "badge_fr": "badge.fr.svg",
    "badge_en": "badge.en.svg",
    "badge_baked": "badge.baked.svg",
    "shield_fr": "shield.fr.json",
    "shield_en": "shield.en.json",
    "embed": "embed.json",
}


def links(label: GrantedLabel, issuer: Issuer) -> dict[str, str]:
    """Return the address of each form of a label."""
    return {name: issuer.label(label.facts.label_id, form) for name, form in FORMS.items()}


def shield(label: GrantedLabel, language: str) -> Mapping[str, Any]:
    """Return what the endpoint badge of shields.io reads (its schema, version 1)."""
    return {
        "schemaVersion": 1,
        "label": LABEL_NAME,
        "message": message(label, language),
        "color": SHIELD_COLOURS[label.state],
        "isError": not label.state.in_force,
        "cacheSeconds": FRESH_SECONDS,
    }


def embed(label: GrantedLabel, issuer: Issuer, language: str) -> dict[str, str]:
    """Return what to paste in a page, in HTML and in Markdown. The text does not tell the state: it may change."""
    page = f"{issuer.label(label.facts.label_id, 'page')}?lang={language}"
    badge = issuer.label(label.facts.label_id, f"badge.{language}.svg")
    facts = label.facts
    verify = "vérifier le label" if language == "fr" else "verify the label"
    words = f"{LABEL_NAME}, {facts.progiciel_name} {facts.progiciel_version} : {verify}"
    plain = "".join(f"\\{character}" if character in "\\`*_[]()<>!#|" else character for character in words)
    return {
        "html": f'<a href="{escape(page)}"><img src="{escape(badge)}" alt="{escape(words)}" height="24"></a>',
        "markdown": f"[![{plain}]({badge})]({page})",
        "alt": description(label, language),
    }
