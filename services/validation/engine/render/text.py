"""Reports for a person at a terminal: the verdict, then what to correct, in the order to do it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from services.validation.engine.messages import Language
from services.validation.engine.render.document import FileReport, ReportDocument, SummaryDocument
from services.validation.engine.render.wording import (
    by_importance,
    counted,
    kind_name,
    number,
    place_name,
    row_of,
    said,
    schema_name,
    verdict,
    visible,
)

_GREEN, _RED, _YELLOW, _BOLD, _DIM, _END = (
    "\x1b[32m",
    "\x1b[31m",
    "\x1b[33m",
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[0m",
)
_TODO: dict[Language, str] = {"fr": "À corriger, dans cet ordre :", "en": "To correct, in this order:"}
_FITS: dict[Language, str] = {
    "fr": "Schémas dont l'en-tête s'approche le plus :",
    "en": "Schemas that the header is most like:",
}
_FIT: dict[Language, str] = {"fr": "{} champs sur {}", "en": "{} fields out of {}"}
_LACKING: dict[Language, str] = {"fr": "il manque {}", "en": "{} missing"}
_SPELT: dict[Language, str] = {"fr": "{} s'y écrit {}", "en": "{} is spelt {}"}
_MOST_NAMES = 5
_MORE: dict[Language, str] = {"fr": "… et {} de plus", "en": "… and {} more"}


def render(
    reports: Iterable[FileReport], language: Language = "fr", *, colour: bool = False
) -> Iterator[str]:
    """One text a report, each ending in a newline, then the total when there are several."""
    valid = total = 0
    for item in reports:
        total += 1
        valid += item.report["valid"]
        yield "\n".join(_lines(item, language, colour)) + "\n"
    if total > 1:
        yield _total(valid, total, language)


def _total(valid: int, total: int, language: Language) -> str:
    files = counted(total, "file", language)
    good, bad = number(valid, language), number(total - valid, language)
    if language == "fr":
        return f"\n{files} : {good} conforme(s), {bad} non conforme(s)\n"
    return f"\n{files}: {good} valid, {bad} not valid\n"


def _lines(item: FileReport, language: Language, colour: bool) -> Iterator[str]:
    report, colon = item.report, _colon(language)
    mark, shade = ("✓", _GREEN) if report["valid"] else ("✗", _RED)
    head = f"{mark} {visible(item.file)}{colon}{verdict(report, language)}"
    yield _painted(head, shade, colour)
    yield f"  {_figures(report, language)}"
    if report["summary"]:
        yield ""
        yield f"  {_painted(_TODO[language], _BOLD, colour)}"
    for rank, line in enumerate(by_importance(report), 1):
        yield from _group(rank, line, language, colour)
    if report["fits"]:
        yield from _fits(item, language, colour)
    if report["warnings"]:
        yield ""
    for warning in report["warnings"]:
        yield f"  {_painted('!', _YELLOW, colour)} {visible(said(warning, language))}"
    if left := report["stats"]["warnings"] - len(report["warnings"]):
        yield f"  {_MORE[language].format(number(left, language))}"


def _figures(report: ReportDocument, language: Language) -> str:
    stats = report["stats"]
    counts = [
        counted(stats["rows"], "row", language),
        counted(stats["errors"], "error", language),
        counted(stats["warnings"], "warning", language),
    ]
    against = f" [{schema_name(report)}]" if schema_name(report) else ""
    return f"{', '.join(counts)}{against}"


def _group(rank: int, line: SummaryDocument, language: Language, colour: bool) -> Iterator[str]:
    where = _painted(place_name(line, language), _BOLD, colour)
    code = _painted(f"[{kind_name(line)}]", _DIM, colour)
    title = line["title"][language]
    yield f"  {rank}. {where} — {title} {code}{_colon(language)}{counted(line['count'], 'error', language)}"
    for example in line["examples"]:
        row = row_of(example, language)
        yield f"       {f'{row}{_colon(language)}' if row else ''}{visible(said(example, language))}"
    if left := line["count"] - len(line["examples"]):
        yield f"       {_MORE[language].format(number(left, language))}"


def _colon(language: Language) -> str:
    return " : " if language == "fr" else ": "


def _fits(item: FileReport, language: Language, colour: bool) -> Iterator[str]:
    """The schemas that the header is like, why, and the command that validates with the first."""
    yield ""
    yield f"  {_painted(_FITS[language], _BOLD, colour)}"
    for rank, fit in enumerate(item.report["fits"], 1):
        why = [_FIT[language].format(fit["matched"], fit["fields"])]
        if lacking := fit.get("missing"):
            why.append(_LACKING[language].format(_few(lacking)))
        why += [_SPELT[language].format(pair["column"], pair["field"]) for pair in fit.get("renamed", [])][:3]
        name = _painted(visible(fit["schema"]), _BOLD, colour)
        yield f"  {rank}. {name} ({round(100 * fit['score'])} %){_colon(language)}{visible(' ; '.join(why))}"
    command = shlex.join(["socle", "validate", "--schema", item.report["fits"][0]["schema"], item.file])
    yield f"     → {visible(command)}"


def _few(names: list[str]) -> str:
    return ", ".join([*names[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])])


def _painted(text: str, shade: str, colour: bool) -> str:
    return f"{shade}{text}{_END}" if colour else text
