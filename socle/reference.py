"""The reference pages, written from the code: `python -m socle.reference` writes them under docs/reference."""

import inspect
import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import services
import shared
import shared.contracts
from services.validation.domain.labels import terms
from services.validation.engine import render
from shared.messaging.events import Event
from shared.problems import PROBLEM_TYPE_PREFIX, Problem, every_problem
from shared.settings import Settings
from socle import cli
from socle.error_reference import errors_page
from socle.topology import ROUTES, SERVICES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
REPORT_SCHEMA = Path(render.__file__).with_name("report.schema.json")
GENERATED = "<!-- Written by `make reference` from the code; edit the code, not this page. -->"


class Undocumented(Exception):
    """Something public has no description."""


def pages() -> dict[str, str]:
    """Return every page: path under docs/reference -> text.

    Raises:
        Undocumented: a setting, an event, a member of an event or a command has no description.
    """
    found = {
        "settings.md": settings_page(),
        "problems.md": problems_page(),
        "events.md": events_page(),
        "commands.md": commands_page(),
        "credential.md": credential_page(),
        "errors.md": f"{GENERATED}\n\n{errors_page()}",
        "report.schema.json": REPORT_SCHEMA.read_text(encoding="utf-8"),
    }
    for event in events():
        schema = json.dumps(event.model_json_schema(), ensure_ascii=False, indent=2) + "\n"
        found[f"events/{event.type}.schema.json"] = schema
    return found


def credential_page() -> str:
    """Return the page of the terms that a label's credential has of its own."""
    intro = (
        "A credential is a Verifiable Credential 2.0 and an Open Badge 3.0; `credentialSubject.conformity` has terms "
        "of our own, defined by the JSON-LD context `/validation/v1/labels/context/v1`."
    )
    parts = [_heading("Credential of the label", intro).rstrip()]
    for name, listed in ((terms.CONFORMITY, terms.CONFORMITY_TERMS), (terms.COVERAGE, terms.COVERAGE_TERMS)):
        rows = [f"| `{term.name}` | {term.kind or 'nodes'} | {term.fr} | {term.en} |" for term in listed]
        parts.append(
            "\n".join(
                [
                    f"## `{name}`",
                    "",
                    "| term | type | français | English |",
                    "| --- | --- | --- | --- |",
                    *rows,
                ]
            )
        )
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    """Return the page of the settings: the common ones, then each service's own."""
    parts = [_heading("Settings", "Read from the environment when a process starts; a wrong value stops it.")]
    parts.append(_settings_table("Common to every service", Settings, known=set()))
    known = set(Settings.model_fields)
    parts += [
        _settings_table(name.capitalize(), service.settings_class, known=known)
        for name, service in sorted(SERVICES.items())
    ]
    return "\n".join(parts)


def _settings_table(title: str, kind: type[Settings], *, known: set[str]) -> str:
    rows = [
        f"| `SOCLE_{name.upper()}` | {_kind(field)} | {_default(field)} | {_described(kind, name, field)} |"
        for name, field in kind.model_fields.items()
        if name not in known
    ]
    head = f"## {title}\n\n| variable | value | default | meaning |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(rows) + "\n"


def _described(owner: type, name: str, field: FieldInfo) -> str:
    if not field.description:
        raise Undocumented(f"{owner.__name__}.{name} has no description")
    return field.description.replace("|", "\\|").replace("\n", " ")


def _kind(field: FieldInfo) -> str:
    text = str(field.annotation).replace("typing.", "")
    if inspect.isclass(field.annotation) and not text.startswith("tuple["):
        text = field.annotation.__name__
    limits = [
        f"{sign} {getattr(limit, name)}"
        for limit in field.metadata
        for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(limit, name, None) is not None
    ]
    words = {
        "tuple[str, ...]": 'JSON list of texts, such as `["a","b"]`',
        "str": "text",
        "bool": "true, false",
    }
    shown = words.get(text, f"`{text}`".replace("|", "\\|"))
    return ", ".join([shown, *limits])


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return "none"
    return f"`{json.dumps(list(value)) if isinstance(value, tuple) else value}`"


def problems_page() -> str:
    """Return the page of the problems that a client may meet."""
    import_everything()
    intro = (
        "Every error is answered as `application/problem+json` (RFC 9457): `type`, `status`, `title` and `detail` "
        "in French, `title_en` and `detail_en` in English, `instance`, `request_id`. The detail names the cause "
        "and the way out. A problem about the request's parts lists them in `errors` with JSON pointers.\n\n"
        f"`type` is `{PROBLEM_TYPE_PREFIX}` followed by the slug.\n"
    )
    rows = [
        f"| `{kind.slug}` | {kind.status} | {kind.title_fr} | {kind.title_en} |"
        for kind in sorted(documented_problems(), key=lambda kind: (kind.status, kind.slug))
    ]
    table = "| slug | status | titre | title |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    return f"{_heading('Problems', intro)}\n{table}"


def documented_problems() -> list[type[Problem]]:
    """Return one class per slug, of the product's own modules.

    Raises:
        Undocumented: two problems with the same slug do not say the same thing.
    """
    by_slug: dict[str, type[Problem]] = {}
    for kind in every_problem():
        if not kind.__module__.startswith(("shared.", "services.", "socle.")):
            continue
        other = by_slug.setdefault(kind.slug, kind)
        if (other.status, other.title_fr, other.title_en) != (kind.status, kind.title_fr, kind.title_en):
            raise Undocumented(f"{kind.__name__} and {other.__name__} share the slug {kind.slug}")
    return list(by_slug.values())


def events() -> list[type[Event]]:
    """Return every event of the contracts, by type."""
    _import_below(shared.contracts.__name__, shared.contracts.__path__)
    ours = [kind for kind in _descendants(Event) if kind.__module__.startswith("shared.contracts.")]
    # What several events have in common is no event: it has no type.
    return sorted((kind for kind in ours if "type" in vars(kind)), key=lambda kind: kind.type)


def _descendants(root: type[Event]) -> Iterator[type[Event]]:
    for child in root.__subclasses__():
        yield child
        yield from _descendants(child)


def events_page() -> str:
    """Return the page of the events that services tell one another."""
    intro = (
        "What services tell one another. An event is written in the transaction of the change it tells, sent at "
        "least once, and handled once. It only ever gains members; the JSON Schemas are in `events/`.\n"
    )
    return "\n".join([_heading("Events", intro), *(_event(kind) for kind in events())])


def _event(kind: type[Event]) -> str:
    if not kind.__doc__:
        raise Undocumented(f"{kind.__name__} has no description")
    hearers = ", ".join(f"`{name}`" for name in ROUTES.get(kind.type, ())) or "nobody yet"
    rows = []
    for name, field in kind.model_fields.items():
        need = "yes" if field.is_required() else "no"
        text = str(field.annotation) if not inspect.isclass(field.annotation) else field.annotation.__name__
        shown = text.replace("typing.", "").replace("|", "\\|")
        rows.append(
            f"| `{name}` | `{shown}` | {need} | {(field.description or '').replace('|', chr(92) + '|')} |"
        )
    table = "| member | type | required | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    return f"## `{kind.type}`\n\n{inspect.cleandoc(kind.__doc__)}\n\nHeard by: {hearers}.\n\n{table}\n"


def commands_page() -> str:
    """Return the page of the command `socle` and its sub-commands."""
    parts = [_heading("Commands", "`socle --help` and `socle COMMAND --help` say the same in a terminal.")]
    # A context made by hand does not read the command's own settings, as one made for a call does.
    settings = {**cli.main.context_settings, "max_content_width": 100, "terminal_width": 100}
    root = click.Context(cli.main, info_name="socle", **settings)
    for context in _commands(root):
        parts.append(f"## `{context.command_path}`\n\n```text\n{_help(context)}\n```\n")
    return "\n".join(parts)


def _help(context: click.Context) -> str:
    if not (context.command.help or "").strip():
        raise Undocumented(f"{context.command_path} has no help")
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


def _commands(context: click.Context) -> Iterator[click.Context]:
    yield context
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                settings = {"max_content_width": 100, "terminal_width": 100}
                yield from _commands(click.Context(command, info_name=name, parent=context, **settings))  # type: ignore[arg-type]


def import_everything() -> None:
    """Import every module of the services and of the kernel, so that every problem class is known."""
    for package in (shared, services):
        _import_below(package.__name__, package.__path__)


def _import_below(name: str, path: object) -> None:
    for module in pkgutil.walk_packages(path, f"{name}."):  # type: ignore[arg-type]
        # Scripts that build reference data, migrations, which Alembic imports itself, and compiled libraries.
        found = module.module_finder.find_spec(module.name, None)
        if (
            module.name.rsplit(".", 1)[-1] not in ("build", "__main__")
            and ".migrations.versions" not in module.name
            and not (found is not None and isinstance(found.loader, ExtensionFileLoader))
        ):
            import_module(module.name)


def _heading(title: str, intro: str) -> str:
    return f"{GENERATED}\n\n# {title}\n\n{intro}\n"


def write() -> None:
    """Write every page, and remove the schemas of events that are gone."""
    wanted = pages()
    for place in (FOLDER / "events").glob("*"):
        if str(place.relative_to(FOLDER)) not in wanted:
            place.unlink()
    for name, text in wanted.items():
        place = FOLDER / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
