"""Migrations: Alembic's, one line of them for each PostgreSQL schema; an application refuses to start on an old one.

`upgrading` runs them. What an application needs to know of them is read here without Alembic, which it need not load.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from shared.db import Database

VERSION_TABLE = "alembic_version"
_REVISION = re.compile(r'^(revision|down_revision)\b[^=\n]*= *(?:"([^"\n]+)"|None)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one schema: `folder` holds the revision files."""

    schema: str
    folder: Path

    def revisions(self) -> dict[str, str | None]:
        """Return each revision with the one that it follows."""
        found: dict[str, str | None] = {}
        for path in (self.folder / "versions").glob("*.py"):
            told = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
            if "revision" in told:
                found[told["revision"]] = told["down_revision"] or None
        return found

    @property
    def head(self) -> str:
        """Return the newest revision."""
        revisions = self.revisions()
        [head] = revisions.keys() - set(revisions.values())
        return head


ACCESS = Migrations("access", Path(__file__).parent)


class SchemaOutdated(RuntimeError):
    """The database is older than the code; the message names the command that migrates it."""


async def require_current(db: Database, migrations: Migrations) -> None:
    """Raise `SchemaOutdated` unless the database knows the revision this code was written for.

    A database that is newer is accepted: old code must run on the new schema (expand, then contract).
    """
    name = f"{migrations.schema}.{VERSION_TABLE}"
    exists = await db.fetchval("SELECT to_regclass($1) IS NOT NULL", name)
    found = await db.fetchval(f"SELECT version_num FROM {name}") if exists else None
    if found is None or (found in migrations.revisions() and found != migrations.head):
        raise SchemaOutdated(
            f"The schema {migrations.schema} of the database is at revision {found}, this code needs "
            f"{migrations.head}. Run: socle migrate"
        )
