"""Fields that several bodies have: identifiers as people type them, choices among known codes."""

from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.functional_validators import AfterValidator, BeforeValidator

from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.folding import words
from services.directory.domain.identifiers import InvalidIdentifier, clean, parse_code_insee, parse_siren
from services.directory.domain.labels import STATES
from services.directory.domain.near import parse_point
from services.directory.domain.territoire import parse_territoire
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from shared.clock import now


def _known(value: str, known: dict[str, object], fr: str, en: str) -> str:
    if value not in known:
        raise InvalidIdentifier(f"{fr} : {', '.join(known)}.", f"{en}: {', '.join(known)}.")
    return value


def _type(value: str) -> str:
    return _known(clean(value), dict(TYPES), "le type doit être l'un de", "the type must be one of")


def _departement(value: str) -> str:
    return _known(
        clean(value),
        dict(DEPARTEMENTS),
        "le code de département doit être l'un de",
        "the code of a département must be one of",
    )


def _region(value: str) -> str:
    return _known(
        clean(value),
        dict(REGIONS),
        "le code de région doit être l'un de",
        "the code of a région must be one of",
    )


def _population(value: str) -> str:
    known: dict[str, object] = {found.code: found for found in POPULATION_CLASSES}
    return _known(
        value, known, "la classe de population doit être l'une de", "the population class must be one of"
    )


def _domaine(value: str) -> str:
    return _known(value, dict(DOMAINES), "le domaine doit être l'un de", "the domain must be one of")


def _label_state(value: str) -> str:
    known: dict[str, object] = {**STATES, "sans_label": ()}
    return _known(value, known, "l'état du label doit être l'un de", "the state of the label must be one of")


def _point(value: str) -> str:
    parse_point(value)
    return value


def _territoire(value: str) -> str:
    return str(parse_territoire(value))


def _emptied(value: object) -> object:
    return value or None


def _name(value: str) -> str:
    if not words(value):
        raise InvalidIdentifier(
            "un nom compte au moins une lettre ou un chiffre.", "a name holds a letter or a digit."
        )
    return value


def _http_url(value: str) -> str:
    if not value.lower().startswith(("http://", "https://")):
        raise InvalidIdentifier(
            "l'adresse doit commencer par http:// ou https://.",
            "the address must begin with http:// or https://.",
        )
    return value


def _past(value: date) -> date:
    if value > now().date():
        raise InvalidIdentifier("cette date est à venir.", "this date is in the future.")
    return value


Choice = Annotated[str, Field(max_length=100)]
TypeCode = Annotated[Choice, AfterValidator(_type)]
DepartementCode = Annotated[Choice, AfterValidator(_departement)]
RegionCode = Annotated[Choice, AfterValidator(_region)]
PopulationCode = Annotated[Choice, AfterValidator(_population)]
Siren = Annotated[Choice, AfterValidator(parse_siren)]
LabelState = Annotated[Choice, AfterValidator(_label_state)]
PointText = Annotated[Choice, AfterValidator(_point)]
TerritoireCode = Annotated[Choice, AfterValidator(_territoire)]
InseeCode = Annotated[Choice, AfterValidator(parse_code_insee)]


Cursor = Annotated[
    str | None,
    Field(max_length=1000, description="The `next` of the page before; omit it for the first."),
    BeforeValidator(_emptied),
]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
HttpUrl = Annotated[str, Field(min_length=10, max_length=2000), AfterValidator(_http_url)]
PastDate = Annotated[date, AfterValidator(_past)]
DomaineCode = Annotated[Choice, AfterValidator(_domaine)]
