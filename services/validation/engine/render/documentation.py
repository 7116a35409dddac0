"""The documentation of a schema as one page: what each column holds, its rule, its example."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from services.validation.engine.render.template import example_of, rule_of
from services.validation.engine.schema import Schema

# The policy that goes with the page: its own style, nothing else.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1.5rem;color:#161616;background:#fff}
h1{line-height:1.2}table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem 0;color:#555}
th,td{text-align:left;vertical-align:top;padding:.6rem;border-bottom:1px solid #ddd}
thead th{border-bottom:2px solid #000091}code{background:#f1f1f8;padding:.1em .3em;overflow-wrap:anywhere}
th code{overflow-wrap:normal;background:none;padding:0}
.r{color:#000091;font-weight:700}nav a{margin-right:1rem;white-space:nowrap;display:inline-block}a{color:#000091}
@media(max-width:45rem){thead{display:none}table,tbody,tr,th,td{display:block;border:0;padding:.1rem 0}
tr{border-bottom:1px solid #ddd;padding:.8rem 0}td:empty{display:none}}
@media(prefers-color-scheme:dark){body{background:#161622;color:#eee}code{background:#2a2a3c}.r,a{color:#9a9aff}
th,td{border-color:#444}caption{color:#bbb}}
"""


def documentation_html(schema: Schema, name: str, version: str, links: Sequence[tuple[str, str]]) -> bytes:
    """One self-contained French page. `links` are (text, address) of what goes with the schema."""
    rows = "".join(
        f"<tr><th scope=row><code>{_breakable(field.name)}</code></th>"
        f"<td><strong>{escape(field.title)}</strong><br>{escape(field.description)}</td>"
        f"<td{' class=r' if field.required else ''}>{escape(rule_of(field))}</td>"
        f"<td>{_example(example_of(field))}</td></tr>"
        for field in schema.fields
    )
    menu = "".join(f'<a href="{escape(address)}">{escape(text)}</a>' for text, address in links)
    return (
        "<!doctype html><html lang=fr><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(schema.title)} · {escape(name)} {escape(version)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(schema.title)}</h1><p><code>{escape(name)}</code> version {escape(version)}</p>"
        f"<p>{escape(str(schema.descriptor.get('description', '')))}</p><nav>{menu}</nav>"
        f"<table><caption>{len(schema.fields)} colonnes</caption><thead><tr><th scope=col>Colonne<th scope=col>Contenu"
        f"<th scope=col>Règle<th scope=col>Exemple</tr></thead><tbody>{rows}</tbody></table></html>"
    ).encode()


def _example(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""


def _breakable(name: str) -> str:
    """A name that a narrow column may cut after its underscores, and nowhere else."""
    return escape(name).replace("_", "_<wbr>")
