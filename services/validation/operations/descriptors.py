"""Schemas as validations use them: chosen when asked for, fetched when at an address, kept in the exact bytes used."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from services.validation.domain import descriptors, registry
from services.validation.domain.descriptors import INLINE, MAX_SCHEMA_BYTES, Descriptor, SchemaAsked
from services.validation.domain.problems import UnknownSchema, UnusableSchema
from services.validation.domain.registry import SchemaChoice
from services.validation.engine.child import ChildDied
from services.validation.operations.context import ValidationContext
from services.validation.store import descriptors as store


def choose(
    context: ValidationContext, reference: str | bytes | Mapping[str, Any]
) -> tuple[SchemaAsked, Descriptor | None]:
    """Return the schema meant: a name, `name@version`, an address, or a document (decoded, or its JSON bytes).

    An address that is that of a known schema means this schema; any other is fetched by the worker, just before it
    is used. Raises `UnknownSchema`, `UnusableSchema`, `UrlNotAllowed`.
    """
    if not isinstance(reference, str):
        return _document(reference)
    if reference.lstrip().startswith("{"):
        return _document(reference.encode())
    try:
        known = context.registry.choose(reference)
    except UnknownSchema:
        if "://" not in reference:
            raise
        context.http.check(reference)
        return SchemaAsked(reference, None, url=reference), None
    return SchemaAsked(known.name, known.version), None


def _document(given: bytes | Mapping[str, Any]) -> tuple[SchemaAsked, Descriptor]:
    descriptor = (
        descriptors.checked(given) if isinstance(given, bytes) else descriptors.checked_document(given)
    )
    return SchemaAsked(INLINE, None, sha256=descriptor.sha256), descriptor


def listed(descriptor: Descriptor | None) -> tuple[Descriptor, ...]:
    """Return what `choose` found as the list that a submission keeps."""
    return () if descriptor is None else (descriptor,)


async def used(context: ValidationContext, schema: SchemaAsked) -> Descriptor:
    """Return the descriptor to validate with; one that was not kept yet is, once there is a verdict.

    Raises `FetchFailed`, `UrlNotAllowed` and `UnusableSchema` for one at an address.
    """
    if schema.sha256 is not None:
        body = await store.get(context.db, schema.sha256)
        assert body is not None, f"the descriptor {schema.sha256} is not kept"
        return Descriptor(body, schema.sha256)
    if schema.url is not None:
        fetched = await context.http.get(schema.url, max_bytes=MAX_SCHEMA_BYTES, refuse_html=True)
        return descriptors.checked(fetched.body or b"")
    choice = SchemaChoice(schema.name, schema.version)
    known = await context.schemas.having(choice)
    return Descriptor.of(orjson.dumps(known.descriptor(choice)))


async def lint(context: ValidationContext, chunks: AsyncIterator[bytes]) -> dict[str, Any]:
    """Judge a descriptor (JSON) as it comes, in a limited process: its patterns cost what their author wants.

    Raises `UnusableSchema` for one that no request may give, or that takes too long to judge.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_SCHEMA_BYTES:
            break
    descriptor = descriptors.checked(bytes(body))
    try:
        return await context.readers.call(registry.lint_document, descriptor.body)
    except ChildDied as error:
        raise UnusableSchema.because(
            "",
            fr="le juger demande plus de calcul ou de mémoire que permis",
            en="judging it takes more time or memory than allowed",
        ) from error


async def keep_fetched(context: ValidationContext, descriptor: Descriptor) -> None:
    """Keep a descriptor that an address gave, before anything is said of the file."""
    async with context.db.transaction() as session:
        await store.keep(session, descriptor)


async def explaining(context: ValidationContext, sha256: str | None) -> bytes | None:
    """Return the exact descriptor (JSON) with which a report was made, or None."""
    return None if sha256 is None else await store.get(context.db, sha256)
