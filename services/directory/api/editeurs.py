"""`/directory/v1/editeurs`: the vendors of applications."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import SCOPE
from services.directory.domain.identifiers import InvalidIdentifier, parse_siren
from services.directory.operations import progiciels as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.progiciels import EditeurInput, EditeurPage, EditeurQuery, EditeurView
from services.directory.store import progiciels as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/editeurs", tags=["editeurs"], route_class=StrictRoute)

LISTING = "editeurs"


@router.post("", status_code=201, response_model=EditeurView, summary="List a vendor")
async def create_editeur(
    request: Request, body: EditeurInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add a vendor, by its SIREN."""
    caller.require(SCOPE)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        siren = await operations.add_editeur(
            context, session, body, caller=caller, key=idempotency.check(key)
        )
    return created_response(await operations.find_editeur(context, siren))


@router.get("", response_model=EditeurPage, summary="List vendors")
async def list_editeurs(request: Request, query: Annotated[EditeurQuery, Query()]) -> Response:
    """List vendors in the order of their names."""
    context: DirectoryContext = context_of(request)
    after = tuple(decode_cursor(LISTING, query.cursor, [str, str])) if query.cursor else None
    rows = await store.editeur_page(
        context.db, key=operations.search_key(query.q), after=after, limit=query.limit + 1
    )
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = encode_cursor(LISTING, [shown[-1]["nom_key"], shown[-1]["siren"]]) if more else None
    return page_response(
        request, {"items": [operations.editeur_summary(context, row) for row in shown], "next": following}
    )


@router.get("/{siren}", response_model=EditeurView, summary="Read a vendor")
async def read_editeur(request: Request, siren: Annotated[str, Path(max_length=100)]) -> Response:
    """Return a vendor, with links to its applications and to who uses them."""
    context: DirectoryContext = context_of(request)
    try:
        number = parse_siren(siren)
    except InvalidIdentifier as refused:
        raise InvalidRequest.at("/path/siren", fr=refused.fr, en=refused.en) from refused
    return json_response(request, await operations.find_editeur(context, number))
