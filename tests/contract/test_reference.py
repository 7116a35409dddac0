"""What is public is documented, and the documents say what the code does."""

import os
from pathlib import Path

import click
import pytest

from shared.contracts.catalog import ResourceRegistered
from shared.messaging.events import Event
from shared.settings import Settings
from socle import cli, reference
from socle.cli.openapi import document
from socle.reference import Undocumented
from socle.topology import ROUTES, SERVICES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents show the defaults, whatever this machine is set to."""
    for name in [name for name in os.environ if name.startswith("SOCLE_")]:
        monkeypatch.delenv(name)


def test_the_reference_pages_are_current() -> None:
    """Run `make reference` when this fails, and read the difference: it is a change of what users rely on."""
    wanted = reference.pages()
    for name, text in wanted.items():
        written = (reference.FOLDER / name).read_text(encoding="utf-8")
        assert written == text, f"docs/reference/{name} is behind: run `make reference`"
    schemas = {f"events/{place.name}" for place in (reference.FOLDER / "events").iterdir()}
    assert schemas <= set(wanted), "schemas of events that are gone"


@pytest.mark.parametrize("name", list(SERVICES))
def test_the_openapi_documents_are_current(name: str) -> None:
    """Run `make reference` when this fails, and read the difference: it is a change of the API."""
    assert (ROOT / f"docs/openapi/{name}.json").read_text(encoding="utf-8") == document(name)


def test_a_setting_without_description_is_refused() -> None:
    class Silent(Settings):
        unexplained: int = 3

    with pytest.raises(Undocumented, match="unexplained"):
        reference._settings_table("x", Silent, known=set(Settings.model_fields))


def test_every_command_has_help() -> None:
    assert "## `socle keys create`" in reference.commands_page()
    mute = click.Context(click.Command("mute"), info_name="mute")
    with pytest.raises(Undocumented, match="mute"):
        reference._help(mute)


def test_every_command_of_the_table_exists() -> None:
    context = click.Context(cli.main)
    for name in cli.main.list_commands(context):
        assert cli.main.get_command(context, name) is not None


def test_every_event_is_heard_or_known() -> None:
    """A route to an event that nobody declares, or from a contract that nobody routes, is a mistake."""
    declared = {event.type: event for event in reference.events()}
    assert declared[ResourceRegistered.type] is ResourceRegistered
    assert set(ROUTES) <= set(declared)
    for type_, hearers in ROUTES.items():
        assert set(hearers) <= set(SERVICES), type_
        assert type_.split(".")[0] in SERVICES, "an event's type begins with its sender"
        assert type_.split(".")[0] not in hearers, "a service does not tell itself"


def test_events_are_frozen_and_versioned() -> None:
    for event in reference.events():
        assert issubclass(event, Event)
        assert event.model_config["frozen"] is True
        assert event.type.rsplit(".v", 1)[1].isdigit()
