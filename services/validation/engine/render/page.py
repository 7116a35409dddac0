"""The web page around reports: its head, its style, its words."""

from services.validation.engine.messages import Language

WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Rapport de validation",
        "menu": "Autres formes de ce rapport",
        "note": "Rapport établi par Socle. Les nombres d'erreurs sont exacts, même sans détail de toutes.",
        "sound": "Aucune erreur : ce fichier suit son schéma.",
        "errors": "Erreurs",
        "warnings": "Avertissements",
        "rows": "Lignes",
        "columns": "Colonnes",
        "schema": "Schéma",
        "format": "Format",
        "date": "Date",
        "engine": "Moteur",
        "todo": "Ce qu'il faut corriger",
        "todo_caption": "Dans l'ordre conseillé : ce qui vient d'abord peut causer le reste.",
        "details": "Le détail",
        "where": "Colonne",
        "what": "Erreur",
        "count": "Nombre",
        "first_rows": "Premières lignes",
        "do": "Exemple",
        "row": "Ligne",
        "line": "ligne physique",
        "value": "Valeur",
        "message": "Explication",
        "fix": "Correction proposée",
        "more": "… et {} de plus, comptées mais non détaillées.",
    },
    "en": {
        "title": "Validation report",
        "menu": "Other forms of this report",
        "note": "Report made by Socle. Numbers of errors are exact, even when not all of them are detailed.",
        "sound": "No error: this file follows its schema.",
        "errors": "Errors",
        "warnings": "Warnings",
        "rows": "Rows",
        "columns": "Columns",
        "schema": "Schema",
        "format": "Format",
        "date": "Date",
        "engine": "Engine",
        "todo": "What to correct",
        "todo_caption": "In the order advised: what comes first may cause the rest.",
        "details": "In detail",
        "where": "Column",
        "what": "Error",
        "count": "Number",
        "first_rows": "First rows",
        "do": "Example",
        "row": "Row",
        "line": "physical line",
        "value": "Value",
        "message": "Explanation",
        "fix": "Proposed correction",
        "more": "… and {} more, counted but not detailed.",
    },
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b23; --paper: #fff; --soft: #f3f3f6; --line: #8a8a99;
  --good: #14662f; --bad: #a3132b; --link: #0b4bb3; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf2; --paper: #17171d; --soft: #24242d; --line: #77778a;
  --good: #6fd492; --bad: #ff8c9c; --link: #93bbff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 75rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; } nav a { padding: .25rem 0; }
article + article { margin-top: 3rem; border-top: 2px solid var(--line); }
header { border-left: .5rem solid; padding-left: 1rem; margin: 1rem 0; }
header.valid { border-color: var(--good); } header.invalid { border-color: var(--bad); }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 0; display: inline; overflow-wrap: anywhere; }
.verdict { font-size: 1.25rem; font-weight: 700; margin: 0; }
.valid .verdict { color: var(--good); } .invalid .verdict { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; }
.facts dt { font-size: .85rem; } .facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.wide:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--link); }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; padding-bottom: .5rem; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
thead th { background: var(--soft); } td { max-width: 40rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; background: var(--soft); padding: 0 .25rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
small { display: block; } details { margin: 1rem 0; } summary { cursor: pointer; padding: .4rem 0; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); font-size: .9rem; }
@media print { body { max-width: none; padding: 0; }
  thead { display: table-header-group; } tr { break-inside: avoid; } }
"""

# What the page needs, said in it and with the answer that carries it.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

HEAD = (
    '<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}">\n'
    '<meta name="robots" content="noindex">\n'
    "<title>{title}</title>\n<style>"
    + _STYLE.replace("{", "{{").replace("}", "}}")
    + "</style>\n</head>\n<body>\n<main>\n"
)
FOOT = "</main>\n<footer><p>{note}</p></footer>\n</body>\n</html>\n"
