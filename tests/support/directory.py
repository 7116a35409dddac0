"""What the tests of the directory's API have in common: bodies to send, entries of their own."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from stdnum import luhn

API = "/directory/v1"
DIJON, BESANCON, LYON = "212102313", "212500565", "200046977"
FORM = {"kind": "formulaire"}

Keys = Callable[..., Awaitable[dict[str, str]]]
Json = dict[str, Any]
_numbers = itertools.count(70_000_000)

# Constant: a test must have the same name in every worker of a run.
UNLISTED = "00000000-0000-7000-8000-000000000000"


def new_siren() -> str:
    """Return a well-formed SIREN that no other test uses."""
    digits = str(next(_numbers))
    return digits + luhn.calc_check_digit(digits)


async def send(
    client: httpx.AsyncClient, path: str, body: Any, headers: dict[str, str], status: int = 201
) -> Json:
    """Post a body; check the status and, for what is created, that it is found where the answer says."""
    answer = await client.post(API + path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    document: Json = answer.json()
    if status == 201:
        assert answer.headers["location"] == document["self"]
        assert (await client.get(document["self"])).json() == document
    return document


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> Json:
    """Read a path of the API."""
    answer = await client.get(API + path)
    assert answer.status_code == status, answer.text
    document: Json = answer.json()
    return document


async def software(client: httpx.AsyncClient, keys: Keys) -> tuple[str, Json]:
    """List a vendor and an application of its own; return the vendor's SIREN and the application."""
    vendor, headers = new_siren(), await keys()
    await send(client, "/editeurs", {"siren": vendor, "nom": f"Éditions {vendor}"}, headers)
    return vendor, await send(client, "/progiciels", {"editeur": vendor, "nom": f"Séances {vendor}"}, headers)


def usage_of(progiciel: Json, siren: str = DIJON, **more: Any) -> Json:
    """Return the body that declares a usage."""
    return {
        "siren": siren,
        "progiciel_id": progiciel["id"],
        "domaine": "deliberations",
        "source": FORM,
        **more,
    }
