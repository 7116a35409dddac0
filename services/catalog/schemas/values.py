"""Values that several bodies hold, each checked once."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from services.catalog.domain.payloads.reading import LONGEST_URL
from services.catalog.domain.record import CHECKSUM_TYPES, RESOURCE_TYPES, TAG_LENGTH
from services.catalog.domain.vocabularies import themes
from services.catalog.domain.vocabularies.frequencies import FREQUENCIES, LEGACY
from services.catalog.domain.vocabularies.licenses import LICENSES
from services.catalog.domain.vocabularies.territories import GRANULARITIES, zone_of


def _siren(value: str) -> str:
    try:
        number: str = siren.validate("".join(value.split()))
    except ValidationError as error:
        raise PydanticCustomError(
            "siren",
            "Not a SIREN: nine digits with a valid check digit are expected",
            {"fr": "ce n'est pas un SIREN : neuf chiffres, dont une clé de contrôle juste, sont attendus"},
        ) from error
    # Other alphabets' digits are digits too.
    return str(int(number)).zfill(9)


def _siret(value: str) -> str:
    try:
        number: str = siret.validate("".join(value.split()))
    except ValidationError as error:
        raise PydanticCustomError(
            "siret",
            "Not a SIRET: fourteen digits with a valid check digit are expected",
            {
                "fr": "ce n'est pas un SIRET : quatorze chiffres, dont une clé de contrôle juste, sont attendus"
            },
        ) from error
    return str(int(number)).zfill(14)


def _http_url(value: str) -> str:
    if not value.lower().startswith(("http://", "https://")):
        raise PydanticCustomError(
            "http_url",
            "The address must begin with http:// or https://",
            {"fr": "l'adresse doit commencer par http:// ou https://"},
        )
    return value


def _zone(value: str) -> str:
    found = zone_of(value)
    if found is None:
        raise PydanticCustomError(
            "zone",
            "Not a zone: `<level>:<code>` is expected, such as `fr:commune:21231`, or an address of the INSEE",
            {"fr": "ce n'est pas une zone : « fr:commune:21231 » ou une adresse de l'INSEE est attendue"},
        )
    return found


def _email(value: str) -> str:
    name, _, host = value.strip().removeprefix("mailto:").partition("@")
    if not name or "." not in host or any(character.isspace() for character in name + host):
        raise PydanticCustomError(
            "email", "Not a mail address", {"fr": "ce n'est pas une adresse de courrier électronique"}
        )
    return f"{name}@{host}"


def _one_of(values: Iterable[str], older: dict[str, str] | None = None) -> Callable[[str], str]:
    known = tuple(values)

    def check(value: str) -> str:
        value = (older or {}).get(value, value)
        if value not in known:
            raise PydanticCustomError(
                "literal_error", "Input should be one of: {expected}", {"expected": ", ".join(known)}
            )
        return value

    return check


Siren = Annotated[str, Field(max_length=30), AfterValidator(_siren)]
Siret = Annotated[str, Field(max_length=40), AfterValidator(_siret)]
HttpUrl = Annotated[str, Field(min_length=10, max_length=LONGEST_URL), AfterValidator(_http_url)]
Email = Annotated[str, Field(max_length=320), AfterValidator(_email)]
Zone = Annotated[str, Field(max_length=200, examples=["fr:commune:21231"]), AfterValidator(_zone)]
Tag = Annotated[str, Field(min_length=1, max_length=TAG_LENGTH)]
Word = Annotated[str, Field(min_length=1, max_length=500)]
RemoteId = Annotated[str, Field(min_length=1, max_length=500)]
License = Annotated[str, AfterValidator(_one_of(LICENSES)), Field(json_schema_extra={"enum": [*LICENSES]})]
Frequency = Annotated[
    str, AfterValidator(_one_of(FREQUENCIES, LEGACY)), Field(json_schema_extra={"enum": [*FREQUENCIES]})
]
Granularity = Annotated[
    str, AfterValidator(_one_of(GRANULARITIES)), Field(json_schema_extra={"enum": [*GRANULARITIES]})
]
Theme = Annotated[
    str, AfterValidator(_one_of(themes.BY_ID)), Field(json_schema_extra={"enum": [*themes.BY_ID]})
]
ResourceType = Annotated[
    str, AfterValidator(_one_of(RESOURCE_TYPES)), Field(json_schema_extra={"enum": [*RESOURCE_TYPES]})
]
ChecksumType = Annotated[
    str, AfterValidator(_one_of(CHECKSUM_TYPES)), Field(json_schema_extra={"enum": [*CHECKSUM_TYPES]})
]
