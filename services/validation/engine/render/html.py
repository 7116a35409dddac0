"""Reports as one web page that needs nothing else: no script, no image, no address to fetch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from services.validation.engine.messages import Language
from services.validation.engine.render.document import (
    EntryDocument,
    ExampleDocument,
    FileReport,
    ReportDocument,
    SummaryDocument,
    kind_of,
)
from services.validation.engine.render.page import FOOT, HEAD, WORDS
from services.validation.engine.render.wording import (
    by_importance,
    counted,
    kind_name,
    moment,
    number,
    place_name,
    said,
    verdict,
    visible,
)

_QUOTED = re.compile("`([^`]+)`")


def render(
    reports: Iterable[FileReport], language: Language = "fr", menu: Sequence[tuple[str, str]] = ()
) -> Iterator[str]:
    """The page, report after report; UTF-8, valid without network and under a strict content policy.

    `menu` are (text, address) of what goes with the report.
    """
    words = WORDS[language]
    yield HEAD.format(lang=language, title=words["title"])
    if menu:
        links = "".join(f'<a href="{escape(address)}">{escape(text)}</a>' for text, address in menu)
        yield f'<nav aria-label="{escape(words["menu"])}">{links}</nav>\n'
    for rank, item in enumerate(reports, 1):
        yield from _report(item, f"r{rank}", language)
    yield FOOT.format(note=words["note"])


def _report(item: FileReport, anchor: str, language: Language) -> Iterator[str]:
    report, words = item.report, WORDS[language]
    state = "valid" if report["valid"] else "invalid"
    mark = "✓" if report["valid"] else "✗"
    yield f'<article aria-labelledby="{anchor}">\n<header class="{state}">\n'
    yield f'<h1 id="{anchor}">{_text(item.file)}</h1>\n'
    yield f'<p class="verdict"><span aria-hidden="true">{mark}</span> {escape(verdict(report, language))}</p>\n'
    yield f"</header>\n{_facts(report, language)}"
    if report["valid"]:
        yield f"<p>{escape(words['sound'])}</p>\n"
    else:
        yield from _summary(report, anchor, language)
        yield from _details(report, anchor, language)
    yield from _warnings(report, language)
    yield "</article>\n"


def _facts(report: ReportDocument, language: Language) -> str:
    words, source, stats = WORDS[language], report["source"], report["stats"]
    schema = report["schema"]
    named = " ".join(part for part in (schema["title"] or schema["name"], schema["version"]) if part)
    shape = f"{source['format']} {source['encoding'] or ''}".strip()
    facts = [
        (words["errors"], number(stats["errors"], language)),
        (words["warnings"], number(stats["warnings"], language)),
        (words["rows"], number(stats["rows"], language)),
        (words["columns"], number(stats["fields"], language)),
        (words["schema"], named),
        (words["format"], f"{shape} {_delimiter(source['delimiter'])}".strip()),
        (words["date"], moment(report["date"], language)),
        (words["engine"], report["engine"]),
    ]
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in facts if value
    )
    return f'<dl class="facts">{shown}</dl>\n'


def _delimiter(delimiter: str | None) -> str:
    return f"« {'⇥' if delimiter == chr(9) else delimiter} »" if delimiter else ""


def _summary(report: ReportDocument, anchor: str, language: Language) -> Iterator[str]:
    words = WORDS[language]
    heads = "".join(
        f'<th scope="col">{escape(words[name])}</th>'
        for name in ("where", "what", "count", "first_rows", "do")
    )
    yield f"<section>\n<h2>{escape(words['todo'])}</h2>\n"
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(words["todo"])}">\n'
    yield f"<table>\n<caption>{escape(words['todo_caption'])}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for rank, line in enumerate(by_importance(report), 1):
        yield _summary_row(line, f"{anchor}-{rank}", language)
    yield "</tbody>\n</table>\n</div>\n</section>\n"


def _summary_row(line: SummaryDocument, anchor: str, language: Language) -> str:
    rows = ", ".join(number(row, language) for row in line["rowNumbers"])
    more = "…" if line["count"] > len(line["examples"]) else ""
    kind = f'<a href="#{anchor}">{_text(line["title"][language])}</a> <small>{_text(kind_name(line))}</small>'
    return (
        f'<tr><th scope="row">{_text(place_name(line, language))}</th><td>{kind}</td>'
        f'<td class="number">{number(line["count"], language)}</td><td>{escape(rows)}{more}</td>'
        f"<td>{_message(said(line['examples'][0], language)) if line['examples'] else ''}</td></tr>\n"
    )


def _details(report: ReportDocument, anchor: str, language: Language) -> Iterator[str]:
    words = WORDS[language]
    listed: dict[object, list[EntryDocument]] = {}
    for entry in report["errors"]:
        listed.setdefault(kind_of(entry)[:3], []).append(entry)
    yield f"<section>\n<h2>{escape(words['details'])}</h2>\n"
    for rank, line in enumerate(by_importance(report), 1):
        entries: list[EntryDocument] | list[ExampleDocument]
        entries = listed.get(kind_of(line)[:3]) or line["examples"]
        yield from _group(line, entries, f"{anchor}-{rank}", language)
    yield "</section>\n"


def _group(
    line: SummaryDocument,
    entries: list[EntryDocument] | list[ExampleDocument],
    anchor: str,
    language: Language,
) -> Iterator[str]:
    words = WORDS[language]
    place = _text(place_name(line, language))
    title = f"{place} — {_text(line['title'][language])}"
    yield f'<details id="{anchor}" open>\n<summary><h3>{title}</h3> '
    yield f"<span>{escape(counted(line['count'], 'error', language))}</span></summary>\n"
    heads = "".join(
        f'<th scope="col">{escape(words[name])}</th>' for name in ("row", "value", "message", "fix")
    )
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{title}">\n'
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for entry in entries:
        yield _entry_row(entry, language)
    yield "</tbody>\n</table>\n</div>\n"
    if line["count"] > len(entries):
        left = words["more"].format(number(line["count"] - len(entries), language))
        yield f'<p class="more">{escape(left)}</p>\n'
    yield "</details>\n"


def _entry_row(entry: EntryDocument | ExampleDocument, language: Language) -> str:
    row, line = entry["rowNumber"], entry["lineNumber"]
    where = "" if row is None else number(row, language)
    if row is not None and line is not None and line != row:
        where += f" ({WORDS[language]['line']} {number(line, language)})"
    fix = _code(entry["fix"]) if "fix" in entry else ""
    return (
        f'<tr><th scope="row" class="number">{escape(where)}</th><td>{_code(entry["cell"])}</td>'
        f"<td>{_message(said(entry, language))}</td><td>{fix}</td></tr>\n"
    )


def _warnings(report: ReportDocument, language: Language) -> Iterator[str]:
    if not report["warnings"]:
        return
    yield f"<section>\n<h2>{escape(WORDS[language]['warnings'])}</h2>\n<ul>\n"
    for warning in report["warnings"]:
        yield f"<li>{_message(said(warning, language))}</li>\n"
    if left := report["stats"]["warnings"] - len(report["warnings"]):
        yield f"<li>{escape(WORDS[language]['more'].format(number(left, language)))}</li>\n"
    yield "</ul>\n</section>\n"


def _message(text: str) -> str:
    """A sentence, what it quotes between backquotes set apart."""
    return _QUOTED.sub(r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    """Text of a file or message: escaped, its direction kept from spreading."""
    return f"<bdi>{escape(visible(text))}</bdi>"


def _code(text: str | None) -> str:
    return f"<code>{_text(text)}</code>" if text else ""
