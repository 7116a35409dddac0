"""What somebody presents to have it verified: a credential in any of its forms, or the address of a label."""

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from services.validation.domain.labels import jwt
from services.validation.domain.labels.baking import NotBaked, unbake
from services.validation.domain.labels.credential import label_of

MOST_BYTES = 262_144
DEEPEST = 64
_JSON = (b"{", b"[")
_XML = (b"<", b"\xff\xfe", b"\xfe\xff")
Form = Literal["credential", "jwt", "svg", "address"]


class Unreadable(ValueError):
    """What was presented is none of our forms. `reason` is a key of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


REASONS = {
    "empty": ("rien n'a été envoyé", "nothing was sent"),
    "too-large": (f"plus de {MOST_BYTES} octets", f"more than {MOST_BYTES} bytes"),
    "text": (
        "ce n'est pas du texte en UTF-8, ou il contient le caractère NUL",
        "this is no UTF-8 text, or it holds the character NUL",
    ),
    "json": (
        "le JSON est illisible (syntaxe, clé répétée, nombre hors limites)",
        "the JSON cannot be read (syntax, repeated key, number out of bounds)",
    ),
    "deep": ("le JSON est imbriqué trop profondément", "the JSON is nested too deep"),
    "object": ("le JSON n'est pas un objet", "the JSON is not an object"),
    "svg": (
        "cette image SVG ne contient pas une attestation (et une seule), ou déclare un type de document",
        "this SVG image does not hold one credential (and only one), or declares a document type",
    ),
    "unknown": (
        "ce n'est ni une attestation JSON, ni un jeton JWT, ni un badge SVG, ni l'adresse ou l'identifiant d'un label",
        "this is no JSON credential, JWT, SVG badge, nor the address or the id of a label",
    ),
}


@dataclass(frozen=True, slots=True)
class Presented:
    """What was presented, read but not yet verified.

    `document` is the credential, and of a token its claims; `token` and `header` are those of a JWT; `label_id` is the
    label of an address.
    """

    form: Form
    document: dict[str, Any]
    token: str = ""
    header: dict[str, Any] | None = None
    label_id: UUID | None = None
    address: str = ""


def read_presented(content: bytes) -> Presented:
    """Return what was presented, its form told from its bytes; raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable("too-large")
    stripped = content.strip()
    if not stripped:
        raise Unreadable("empty")
    if stripped.removeprefix(b"\xef\xbb\xbf").startswith(_XML):
        return _baked(stripped)
    try:
        text = stripped.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("text") from error
    if "\x00" in text:
        raise Unreadable("text")
    return _written(text.strip())


def _baked(svg: bytes) -> Presented:
    try:
        inner = _written(unbake(svg))
    except NotBaked as error:
        raise Unreadable("svg") from error
    if inner.form == "address":
        raise Unreadable("svg")
    return Presented("svg", inner.document, inner.token, inner.header)


def _written(text: str) -> Presented:
    if text.encode().startswith(_JSON):
        return Presented("credential", read_object(text))
    if len(text) < 2_000 and (found := _named(text)) is not None:
        return Presented("address", {}, label_id=found, address=text)
    try:
        header, payload = jwt.parts_of(text)
        return Presented("jwt", read_object(payload.decode()), text, header)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("unknown") from error


def _named(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else label_of(text)
    except ValueError:
        return None


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object, read strictly: two readers must not see two things. Raises Unreadable."""
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse, parse_float=_double)
    except RecursionError as error:
        raise Unreadable("deep") from error
    except ValueError as error:
        raise Unreadable("json") from error
    if not isinstance(value, dict):
        raise Unreadable("object")
    _check(value, 0)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated key")
    return members


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _double(number: str) -> float:
    """Return a number, or NaN, which has no canonical form either, for one that no double is (RFC 8785, 3.2.2.3)."""
    value = float(number)
    try:
        return value if Decimal(number) == Decimal(repr(value)) else math.nan
    except ArithmeticError:
        return math.nan


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Unreadable("deep")
    if isinstance(value, str):
        if "\x00" in value:
            raise Unreadable("text")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth + 1)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
