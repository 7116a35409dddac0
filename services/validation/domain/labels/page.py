"""The page on which anybody verifies a label, in French or English; it needs nothing but itself."""

from html import escape

from services.validation.domain.labels import criteria
from services.validation.domain.labels.addresses import Issuer
from services.validation.domain.labels.badge import draw
from services.validation.domain.labels.credential import LABEL_NAME
from services.validation.domain.labels.facts import Assurance, GrantedLabel, LabelState
from services.validation.domain.labels.views import embed, links
from services.validation.engine.render.page import FOOT, HEAD

_WORDS = {
    "fr": {
        "title": "Vérification du label",
        LabelState.VALIDE: "Ce label est authentique et en vigueur.",
        LabelState.A_RENOUVELER: "Ce label est authentique et en vigueur ; il est bientôt à renouveler.",
        LabelState.SUSPENDU: "Ce label est suspendu : ne vous y fiez pas pour le moment.",
        LabelState.REVOQUE: "Ce label a été retiré définitivement : ne vous y fiez pas.",
        LabelState.EXPIRE: "Ce label a expiré : ne vous y fiez plus.",
        "reason": "Motif :",
        "superseded": "La version {} du schéma est parue depuis : ce label vaut jusqu'au terme de son délai de grâce.",
        "attested": "Ce qui est attesté",
        "progiciel": "Progiciel",
        "module": "Module d'export",
        "editeur": "Éditeur",
        "schema": "Schéma",
        "assurance": "Assurance",
        "validity": "Validité",
        "validity_value": "du {0:%d/%m/%Y} au {1:%d/%m/%Y} inclus",
        "rows": "Lignes du fichier validé",
        "origin": "Origine du fichier",
        "declared": "produit par ce progiciel, dans cette version, selon l'éditeur",
        "proof": "Ce qui a été validé",
        "validator": "Validateur",
        "validation": "Validation",
        "input": "SHA-256 du fichier",
        "report": "SHA-256 du rapport",
        "criteria": "Version des critères",
        "issuer": "Délivré par",
        "key": "Clé de signature",
        "coverage": "Champs remplis",
        "coverage_caption": "{} champs sur {} sont remplis sur au moins une ligne.",
        "field": "Champ",
        "required": "Obligatoire",
        "filled": "Lignes remplies",
        "yes": "oui",
        "no": "non",
        "files": "Vérifier par soi-même",
        "how": "Avec ces fichiers, tout vérificateur indépendant conclut sans ce service ; par exemple, hors ligne :",
        "credential": "Attestation signée (JSON, eddsa-jcs-2022)",
        "jwt": "Attestation signée (JWT)",
        "badge_baked": "Badge avec l'attestation (SVG)",
        "did": "Clés publiques de l'émetteur (document DID)",
        "revocation": "Liste des révocations",
        "suspension": "Liste des suspensions",
        "history": "Tout ce qui est arrivé à ce label",
        "show": "Afficher ce label sur un site",
        "html": "En HTML",
        "markdown": "En Markdown",
        "other": "In English",
        "note": "Une copie de ce label ne dit pas s'il est encore en vigueur : cette page, à son adresse, le dit.",
    },
    "en": {
        "title": "Verification of the label",
        LabelState.VALIDE: "This label is authentic and in force.",
        LabelState.A_RENOUVELER: "This label is authentic and in force; it is soon to be renewed.",
        LabelState.SUSPENDU: "This label is suspended: do not rely on it for the time being.",
        LabelState.REVOQUE: "This label has been withdrawn for good: do not rely on it.",
        LabelState.EXPIRE: "This label has expired: do not rely on it any more.",
        "reason": "Reason:",
        "superseded": "Version {} of the schema has come out since: this label holds until its grace ends.",
        "attested": "What is attested",
        "progiciel": "Application",
        "module": "Export module",
        "editeur": "Vendor",
        "schema": "Schema",
        "assurance": "Assurance",
        "validity": "Validity",
        "validity_value": "{0:%Y-%m-%d} through {1:%Y-%m-%d}",
        "rows": "Rows of the file validated",
        "origin": "Origin of the file",
        "declared": "produced by this application, in this version, according to the vendor",
        "proof": "What was validated",
        "validator": "Validator",
        "validation": "Validation run",
        "input": "SHA-256 of the file",
        "report": "SHA-256 of the report",
        "criteria": "Version of the criteria",
        "issuer": "Granted by",
        "key": "Signing key",
        "coverage": "Fields filled",
        "coverage_caption": "{} fields of {} are filled in at least one row.",
        "field": "Field",
        "required": "Required",
        "filled": "Rows filled",
        "yes": "yes",
        "no": "no",
        "files": "Check it yourself",
        "how": "With these files, any independent verifier concludes without this service; for instance, offline:",
        "credential": "Signed credential (JSON, eddsa-jcs-2022)",
        "jwt": "Signed credential (JWT)",
        "badge_baked": "Badge with the credential (SVG)",
        "did": "Public keys of the issuer (DID document)",
        "revocation": "List of revocations",
        "suspension": "List of suspensions",
        "history": "All that became of this label",
        "show": "Show this label on a site",
        "html": "In HTML",
        "markdown": "In Markdown",
        "other": "En français",
        "note": "A copy of this label does not tell whether it is still in force: this page, at its address, does.",
    },
}


def write_page(label: GrantedLabel, issuer: Issuer, language: str, *, report_public: bool) -> str:
    """Return the page; `label.state` is that of the moment. The report is linked when everybody may read it."""
    words = _WORDS[language]
    facts = label.facts
    title = f"{LABEL_NAME} — {facts.progiciel_name} {facts.progiciel_version}"
    reason = label.reason_fr if language == "fr" else label.reason_en
    said = f"<p>{words['reason']} {escape(reason)}</p>" if reason and not label.state.in_force else ""
    other = "en" if language == "fr" else "fr"
    return "".join(
        (
            HEAD.format(lang=language, title=escape(f"{words['title']} : {title}")),
            f'<nav><a href="?lang={other}" lang="{other}" hreflang="{other}">{words["other"]}</a></nav>',
            f'<header class="{"valid" if label.state.in_force else "invalid"}"><h1>{escape(title)}</h1>'
            f'<p class="verdict">{words[label.state]}</p>{said}</header>',
            f"<p>{draw(label, language)}</p>",
            _grace(label, words),
            f"<p>{escape(_assurance(facts.assurance, language))}</p>" if label.state.in_force else "",
            _facts(words["attested"], _attested(label, issuer, words, language)),
            _facts(words["proof"], _validated(label, issuer, words, report_public=report_public)),
            _coverage(label, words),
            _files(label, issuer, words),
            _snippets(label, issuer, words, language),
            FOOT.format(note=words["note"]),
        )
    )


# What is said, its value, and the address where more of it is read.
Fact = tuple[str, str, str | None]


def _grace(label: GrantedLabel, words: dict[str, str]) -> str:
    if label.superseded_by is None or not label.state.in_force:
        return ""
    return f"<p>{escape(words['superseded'].format(label.superseded_by))}</p>"


def _assurance(assurance: Assurance, language: str) -> str:
    named = assurance.fr if language == "fr" else assurance.en
    return f"{named.capitalize()}. {criteria.document()['assurance'][assurance.value][language]}"


def _attested(label: GrantedLabel, issuer: Issuer, words: dict[str, str], language: str) -> list[Fact]:
    facts = label.facts
    assurance = facts.assurance.fr if language == "fr" else facts.assurance.en
    validity = words["validity_value"].format(facts.valid_from, facts.valid_until)
    application = f"{facts.progiciel_name} {facts.progiciel_version}"
    return [
        (words["progiciel"], application, issuer.progiciel(facts.progiciel_id)),
        (words["module"], facts.module_name, None),
        (words["editeur"], f"{facts.editeur_name} (SIREN {facts.editeur_siren})", None),
        (words["schema"], f"{facts.schema_name} {facts.schema_version}", None),
        (words["assurance"], assurance, None),
        (words["validity"], validity, None),
    ]


def _validated(
    label: GrantedLabel, issuer: Issuer, words: dict[str, str], *, report_public: bool
) -> list[Fact]:
    facts = label.facts
    report = f"{issuer.root}/validations/{facts.validation_id}/report.html"
    return [
        (words["rows"], str(facts.rows), None),
        (words["origin"], words["declared"], None),
        (words["validator"], f"{facts.validator_name} {facts.validator_version}", None),
        (words["validation"], str(facts.validation_id), report if report_public else None),
        (words["input"], facts.input_sha256, None),
        (words["report"], facts.report_sha256, None),
        (words["criteria"], facts.criteria_version, issuer.label("criteria", facts.criteria_version)),
        (words["issuer"], f"{issuer.name} ({issuer.did})", None),
        (words["key"], label.credential.key_id, None),
    ]


def _facts(title: str, items: list[Fact]) -> str:
    listed = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_link(value, address)}</dd></div>"
        for name, value, address in items
    )
    return f'<section><h2>{escape(title)}</h2><dl class="facts">{listed}</dl></section>'


def _link(words: str, address: str | None) -> str:
    return escape(words) if address is None else f'<a href="{escape(address)}">{escape(words)}</a>'


def _coverage(label: GrantedLabel, words: dict[str, str]) -> str:
    coverage = label.facts.coverage
    caption = words["coverage_caption"].format(sum(field.filled > 0 for field in coverage), len(coverage))
    rows = "".join(
        f'<tr><th scope="row">{escape(field.name)}</th><td>{words["yes" if field.required else "no"]}</td>'
        f'<td class="number">{field.filled}</td></tr>'
        for field in coverage
    )
    return (
        f'<section><h2>{words["coverage"]}</h2><div class="wide" tabindex="0" role="region" '
        f'aria-label="{escape(words["coverage"])}"><table><caption>{escape(caption)}</caption><thead><tr>'
        f'<th scope="col">{words["field"]}</th><th scope="col">{words["required"]}</th>'
        f'<th scope="col" class="number">{words["filled"]}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _files(label: GrantedLabel, issuer: Issuer, words: dict[str, str]) -> str:
    facts = label.facts
    addresses: dict[str, str] = {
        **links(label, issuer),
        "did": f"{issuer.root}/did.json",
        "revocation": issuer.status_list("revocation", facts.status_list),
        "suspension": issuer.status_list("suspension", facts.status_list),
        "history": issuer.label(facts.label_id, "history"),
    }
    listed = "".join(
        f"<li>{_link(words[name], addresses[name])}</li>"
        for name in ("credential", "jwt", "badge_baked", "did", "revocation", "suspension", "history")
    )
    command = (
        "socle label verify credential.json --did did.json --status-list revocation.json "
        "--status-list suspension.json"
    )
    return (
        f"<section><h2>{words['files']}</h2><ul>{listed}</ul><p>{words['how']}</p>"
        f"<p><code>{command}</code></p></section>"
    )


def _snippets(label: GrantedLabel, issuer: Issuer, words: dict[str, str], language: str) -> str:
    pieces = embed(label, issuer, language)
    shown = "".join(
        f"<h3>{words[form]}</h3><p><code>{escape(pieces[form])}</code></p>" for form in ("html", "markdown")
    )
    return f"<section><h2>{escape(words['show'])}</h2>{shown}</section>"
