"""A vendor that asks for labels: its exports, its runs, and what the directory says of its application."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from services.validation.domain.labels.keys import write_ring
from services.validation.operations import label_subjects
from shared.contracts.directory import (
    ExportModuleChanged,
    ProgicielChanged,
    ProgicielVersion,
    UsageChanged,
)
from shared.db import Database
from shared.ids import new_id
from tests.support.labels import key, ring

HOME = "/validation/v1/labels"
VALIDATIONS = "/validation/v1/validations"
SCHEMA = "scdl/deliberations"
VENDOR, OTHER_VENDOR = "732829320", "552100554"
FAR = date(2099, 1, 1)

HEADER = (
    "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,"
    "BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL\n"
)


def signing_keys() -> str:
    """Return the content of a file of keys."""
    return write_ring(ring(key())).decode()


def export(series: str = "A", rows: int = 25) -> str:
    """Return an export whose rows differ, and which differs from those of other series."""
    lines = [
        f"Ville de Besançon,21250056500016,{series}{number},2024-03-{number % 28 + 1:02d},7.1,finances locales/divers,"
        f"Budget {number},,,,,,,,,,\n"
        for number in range(rows)
    ]
    return HEADER + "".join(lines)


@dataclass
class Application:
    """An application as the directory tells it: versions 3.1, 3.2 and 4.0, one export module."""

    vendor: str
    id: UUID
    versions: dict[str, UUID]
    module: UUID
    nom: str = "Gestion des actes"

    @classmethod
    def new(cls, vendor: str = VENDOR) -> "Application":
        """Return an application that nobody has told of yet."""
        return cls(vendor, new_id(), {number: new_id() for number in ("3.1", "3.2", "4.0")}, new_id())

    def told(self, revision: int = 1) -> ProgicielChanged:
        """Return the event that tells it."""
        return ProgicielChanged(
            progiciel_id=self.id,
            revision=revision,
            nom=self.nom,
            editeur_siren=self.vendor,
            editeur_nom="Éditions du Parc",
            versions=tuple(
                ProgicielVersion(version_id=version_id, number=number)
                for number, version_id in self.versions.items()
            ),
        )

    def module_told(self, revision: int = 1, schema_version: str = "") -> ExportModuleChanged:
        """Return the event that tells its export module."""
        return ExportModuleChanged(
            module_id=self.module,
            revision=revision,
            progiciel_id=self.id,
            domaine="deliberations",
            schema_name=SCHEMA,
            schema_version=schema_version,
            status="declare",
            valid_until=FAR,
        )

    def usage_told(self, siren: str, status: Any = "confirme") -> UsageChanged:
        """Return the event that tells that a body uses it."""
        return UsageChanged(
            usage_id=new_id(),
            revision=1,
            siren=siren,
            progiciel_id=self.id,
            version="3.1",
            domaine="deliberations",
            status=status,
            valid_until=FAR,
        )

    async def bring(self, db: Database) -> "Application":
        """Have the validation service know it."""
        async with db.transaction() as session:
            await label_subjects.follow_progiciel(session, self.told())
            await label_subjects.follow_module(session, self.module_told())
        return self

    def asked(self, *runs: Any, version: str = "3.1", **more: Any) -> dict[str, Any]:
        """Return the body of a request for a label."""
        return {
            "progiciel_id": str(self.id),
            "version_id": str(self.versions[version]),
            "module_id": str(self.module),
            "schema": f"{SCHEMA}@2.1.5",
            "runs": [run if isinstance(run, dict) else {"validation": run} for run in runs],
            "declaration": {"produced_by_software": True, "note": "Export nocturne."},
            **more,
        }


async def validated(
    client: httpx.AsyncClient, content: str, headers: dict[str, str], *, schema: str = SCHEMA
) -> str:
    """Have a file validated, and return the id of the run."""
    answer = await client.post(
        VALIDATIONS,
        files={"file": ("export.csv", content.encode())},
        data={"schema": schema},
        headers={"Prefer": "wait=30", **headers},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def demands(problem: dict[str, Any]) -> Sequence[str]:
    """Return the codes of the criteria that a refusal lists."""
    return sorted({item["criterion"] for item in problem["criteria"]})
