"""What can be brought in by file, column by column, and what may become of a line."""

from enum import StrEnum

from services.directory.domain.csv_lines import Columns


class Outcome(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepte"
    UNCHANGED = "inchange"
    REFUSED = "refuse"


COLUMNS: dict[str, Columns] = {
    "usages": Columns(
        (
            "siren", "progiciel_id", "editeur", "progiciel", "version", "domaine", "export_wanted", "stated_on",
            "source_url", "note",
        ),
        ("siren", "domaine"),
    ),
    "progiciels": Columns(("editeur", "nom", "description", "url"), ("editeur", "nom")),
    "modules": Columns(
        (
            "progiciel_id", "editeur", "progiciel", "domaine", "schema", "schema_version", "policy", "price_note",
            "available_since", "stated_on", "source_url", "note",
        ),
        ("domaine", "schema", "policy"),
    ),
}  # fmt: skip
