"""What a label demands, in versioned documents; a version once published never changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.validation.domain.labels.coverage import Counted


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand: its code, and what it says in both languages."""

    code: str
    fr: str
    en: str

    def unmet(self, fr: str, en: str, **about: object) -> "Unmet":
        """Return the finding that a request does not meet it: why, and the way out."""
        return Unmet(self, fr, en, about)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A criterion that is not met, and why."""

    criterion: Criterion
    fr: str
    en: str
    about: Mapping[str, object] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """Return the finding as a problem document lists it."""
        return {
            "criterion": self.criterion.code,
            "demand": self.criterion.fr,
            "demand_en": self.criterion.en,
            "detail": self.fr,
            "detail_en": self.en,
            **{name: str(value) for name, value in self.about.items()},
        }


RECENT = timedelta(days=30)
MIN_ROWS = 20
MIN_DISTINCT_SHARE = 0.9
VARIED_FIELDS = 2
VARIED_VALUES = 5
CONFIRMING_BODIES = 2

OWN_RUN = Criterion(
    "own-run",
    "La validation a été faite par ce service, avec une clé de l'éditeur (même SIREN).",
    "The validation was made by this service, with a key of the vendor (same SIREN).",
)
CONFORMANT = Criterion(
    "conformant",
    "Le fichier est conforme au schéma : aucune erreur.",
    "The file conforms to the schema: no error.",
)
SCHEMA = Criterion(
    "schema",
    "La validation porte sur le schéma et la version demandés, la dernière en vigueur, avec les options ordinaires.",
    "The validation is against the schema and version asked for, the latest one in force, with the usual options.",
)
RECENT_RUN = Criterion(
    "recent",
    "La validation date de moins de 30 jours.",
    "The validation is less than 30 days old.",
)
SAME_FILE = Criterion(
    "same-file",
    "L'empreinte SHA-256 du fichier est connue, et le fichier encore détenu par le service est, octet pour octet, "
    "celui qui fut validé.",
    "The SHA-256 of the file is known, and the file that the service still holds is, byte for byte, the one that was "
    "validated.",
)
UNUSED = Criterion(
    "unused",
    "Ni la validation ni le fichier n'ont servi à un autre label, une autre version ou un autre renouvellement.",
    "Neither the validation nor the file has served for another label, version or renewal.",
)
ROWS = Criterion(
    "rows",
    f"Le fichier compte au moins {MIN_ROWS} lignes de données.",
    f"The file holds at least {MIN_ROWS} rows of data.",
)
VARIETY = Criterion(
    "variety",
    f"Les données sont plausibles : 90 % des lignes au moins sont différentes, et {VARIED_FIELDS} champs au moins "
    f"prennent {VARIED_VALUES} valeurs ou plus.",
    f"The data are plausible: at least 90% of the rows differ, and at least {VARIED_FIELDS} fields take "
    f"{VARIED_VALUES} values or more.",
)
REQUIRED_FILLED = Criterion(
    "required-filled",
    "Chaque champ obligatoire est rempli sur chaque ligne ; le taux de remplissage des autres est publié.",
    "Each required field is filled in each row; the share filled of the others is published.",
)
PRODUCED_BY = Criterion(
    "produced-by",
    "L'éditeur déclare que le fichier a été produit par le logiciel et la version nommés ; la déclaration est gardée.",
    "The vendor declares that the file was produced by the software and version named; the declaration is kept.",
)

ALL = (
    OWN_RUN,
    CONFORMANT,
    SCHEMA,
    RECENT_RUN,
    SAME_FILE,
    UNUSED,
    ROWS,
    VARIETY,
    REQUIRED_FILLED,
    PRODUCED_BY,
)
VERSION = "1.0"
PUBLISHED_ON = "2026-11-22"


def document() -> dict[str, Any]:
    """Return the criteria in force, as the API shows them (docs/explanation/criteres-du-label.md)."""
    return {
        "version": VERSION,
        "published_on": PUBLISHED_ON,
        "criteria": [{"code": item.code, "fr": item.fr, "en": item.en} for item in ALL],
        "parameters": {
            "recent_days": RECENT.days,
            "min_rows": MIN_ROWS,
            "min_distinct_rows_share": MIN_DISTINCT_SHARE,
            "varied_fields": VARIED_FIELDS,
            "varied_values": VARIED_VALUES,
            "confirming_bodies": CONFIRMING_BODIES,
            "valid_months": 12,
            "notice_days": 30,
            "grace_months": 6,
        },
        "assurance": {
            "declare": {
                "fr": "L'éditeur le dit : le module d'export est déclaré dans l'annuaire.",
                "en": "The vendor says so: the export module is declared in the directory.",
            },
            "verifie": {
                "fr": "Ce service a lui-même validé un export : le label est accordé.",
                "en": "This service itself validated an export: the label is granted.",
            },
            "confirme": {
                "fr": f"Les derniers fichiers publiés d'au moins {CONFIRMING_BODIES} collectivités dont l'usage du "
                "logiciel est confirmé dans l'annuaire sont conformes, jugés par ce service ; ceux que l'éditeur a "
                "publiés ou fait labelliser ne comptent pas.",
                "en": f"The latest published files of at least {CONFIRMING_BODIES} collectivités whose use of the "
                "software is confirmed in the directory conform, as judged by this service; those that the vendor "
                "published or had labelled do not count.",
            },
        },
    }


VERSIONS: dict[str, Callable[[], dict[str, Any]]] = {VERSION: document}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request for a label says of its schema, and of the file's digest where it tells one."""

    schema_name: str
    schema_version: str
    sha256: str | None = None


def judge_run(row: Mapping[str, Any], asked: Asked, owner: str, moment: datetime) -> list[Unmet]:
    """Return what a validation, by its row alone, does not meet; `owner` is the vendor as owner of validations."""
    if row["owner"] != owner:
        return [unknown_run(row["id"])]
    about = {"run": row["id"]}
    unmet: list[Unmet] = []
    if row["outcome"] != "valid":
        fr = "compte des erreurs" if row["outcome"] == "invalid" else "n'a pas de verdict"
        en = "found errors" if row["outcome"] == "invalid" else "has no verdict"
        unmet.append(
            CONFORMANT.unmet(
                f"Cette validation {fr} : corrigez l'export, puis validez-le de nouveau.",
                f"This validation {en}: correct the export, then validate it again.",
                **about,
            )
        )
    if (row["schema_name"], row["schema_version"]) != (asked.schema_name, asked.schema_version):
        used = f"{row['schema_name']}@{row['schema_version']}"
        unmet.append(
            SCHEMA.unmet(
                f"Cette validation porte sur {used} et non sur {asked.schema_name}@{asked.schema_version} : validez "
                "l'export avec le schéma demandé.",
                f"This validation is against {used}, not {asked.schema_name}@{asked.schema_version}: validate the "
                "export against the schema asked for.",
                **about,
            )
        )
    if row["options"]:
        unmet.append(
            SCHEMA.unmet(
                "Cette validation a été faite avec des options, ou à partir de lignes en JSON : envoyez le fichier "
                "exporté tel quel.",
                "This validation was made with options, or from rows in JSON: send the exported file as it is.",
                **about,
            )
        )
    if row["finished_at"] is None or row["finished_at"] < moment - RECENT:
        unmet.append(
            RECENT_RUN.unmet(
                f"Cette validation a plus de {RECENT.days} jours : validez un export récent.",
                f"This validation is more than {RECENT.days} days old: validate a recent export.",
                **about,
            )
        )
    return [*unmet, *_judge_digest(row, asked)]


def unknown_run(run: object) -> Unmet:
    """Return the finding for a validation that is unknown, or another's: they are told alike."""
    return OWN_RUN.unmet(
        "Votre organisation n'a pas de validation de cet identifiant : validez l'export avec une clé liée à son SIREN.",
        "No validation of your organisation has this id: validate the export with a key bound to your SIREN.",
        run=run,
    )


def _judge_digest(row: Mapping[str, Any], asked: Asked) -> list[Unmet]:
    about = {"run": row["id"]}
    if row["sha256"] is None:
        return [
            SAME_FILE.unmet(
                "L'empreinte du fichier de cette validation n'est pas connue : validez le fichier seul, en l'envoyant.",
                "The digest of the file of this validation is not known: validate the file alone, by sending it.",
                **about,
            )
        ]
    if asked.sha256 is not None and asked.sha256 != row["sha256"]:
        return [
            SAME_FILE.unmet(
                "Le fichier validé n'est pas celui que vous avez (son SHA-256 diffère) : validez le vôtre.",
                "The file validated is not the one you have (its SHA-256 differs): validate yours.",
                **about,
            )
        ]
    return []


def not_held(run: object, days: int) -> Unmet:
    """Return the finding for a file that the service does not hold, or no longer."""
    return SAME_FILE.unmet(
        f"Le service ne détient pas (ou plus) le fichier de cette validation : il garde {days} jours ceux qui lui sont "
        "envoyés, et pas ceux qu'il lit à une adresse ; envoyez-le de nouveau à valider.",
        f"The service does not hold the file of this validation (any more): it keeps for {days} days those sent to it, "
        "and not those read at an address; send it again to be validated.",
        run=run,
    )


def altered(run: object) -> Unmet:
    """Return the finding for a file that is no longer the one that was validated."""
    return SAME_FILE.unmet(
        "Le fichier détenu n'a plus l'empreinte de celui qui fut validé : validez-le de nouveau.",
        "The file held no longer has the digest of the one that was validated: validate it again.",
        run=run,
    )


def judge_content(run: object, counted: Counted) -> list[Unmet]:
    """Return what the content of a file does not meet."""
    about = {"run": run}
    unmet: list[Unmet] = []
    if counted.rows < MIN_ROWS:
        unmet.append(
            ROWS.unmet(
                f"Le fichier compte {counted.rows} lignes, il en faut {MIN_ROWS} : validez un export plus complet.",
                f"The file holds {counted.rows} rows, {MIN_ROWS} are needed: validate a fuller export.",
                **about,
            )
        )
    varied = sum(number >= VARIED_VALUES for number in counted.distinct.values())
    needed = min(VARIED_FIELDS, len(counted.coverage))
    if counted.distinct_rows < MIN_DISTINCT_SHARE * counted.rows or varied < needed:
        unmet.append(
            VARIETY.unmet(
                f"{counted.distinct_rows} lignes différentes sur {counted.rows}, {varied} champ(s) dont les valeurs "
                "varient : validez un export de données réelles.",
                f"{counted.distinct_rows} distinct rows of {counted.rows}, {varied} field(s) whose values vary: "
                "validate an export of real data.",
                **about,
            )
        )
    empty = [item.name for item in counted.coverage if item.required and item.filled < counted.rows]
    if empty:
        named = ", ".join(empty[:10])
        unmet.append(
            REQUIRED_FILLED.unmet(
                f"Ces champs obligatoires ne sont pas remplis partout : {named}.",
                f"These required fields are not filled everywhere: {named}.",
                **about,
            )
        )
    return unmet
