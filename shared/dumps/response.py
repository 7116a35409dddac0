"""How a dump is made and sent: read from a cursor of the server into a file, then sent from there.

Memory holds one batch. The database is read at its own pace, and let go before the first byte leaves: a client that
reads slowly keeps no connection and no transaction.
"""

import asyncio
import gzip
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, BinaryIO, cast

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from shared.app import Context, context_of
from shared.caching import not_modified
from shared.changes import log
from shared.changes.api import cursor_at
from shared.clock import now
from shared.dumps.writers import TABULAR, Column, Forms, Row

BATCH = 1000
PIECE_BYTES = 256 * 1024
# Made at the same time by one process: each holds a connection while it reads.
SLOTS = 2
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dump holds: its name, its query, how a row of that is shown, and the columns of its flat forms.

    A row shown as None is left out. `flat` turns what is shown into the columns' values; NDJSON, and what has no
    columns, gives what is shown.
    """

    name: str
    sql: str
    columns: Sequence[Column]
    shown: Callable[[Context[Any], dict[str, Any]], Row | None]
    flat: Callable[[Row], Row] | None = None
    forms: Forms = TABULAR
    args: Sequence[Any] = ()


async def dump_response(request: Request, dump: Dump, form: str) -> Response:
    """Return a whole dump, or 304 when nothing has changed since the client's copy.

    `Link` gives its licence, and where to follow what changes from there on (`rel="monitor"`).
    """
    context: Context[Any] = context_of(request)
    position = await log.last_position(context.db)
    zipped = form != "parquet" and _accepts_gzip(request)
    # What is changed while the dump is made is in it, and told again by the changes that follow.
    etag = f'"{dump.name}-{position}-{form}{"-gzip" if zipped else ""}"'
    headers = _headers(context, dump, form, position, etag, zipped=zipped)
    if not_modified(request, etag):
        return Response(status_code=304, headers=headers)
    # It has no name, and is closed when it is sent.
    file = cast(BinaryIO, tempfile.TemporaryFile(prefix="socle-dump-"))  # noqa: SIM115
    try:
        async with _slots(request):
            await _make(context, dump, form, file, zipped=zipped)
        headers["content-length"] = str(file.tell())
    except BaseException:
        file.close()
        raise
    return StreamingResponse(_sent(file), headers=headers, media_type=dump.forms.media_types[form])


def _headers(
    context: Context[Any], dump: Dump, form: str, position: int, etag: str, *, zipped: bool
) -> dict[str, str]:
    moment = now()
    following = context.link(f"/{context.service}/v1/changes?since={cursor_at(position)}")
    headers = {
        "etag": etag,
        "cache-control": "no-cache",
        "vary": "Accept-Encoding",
        "last-modified": format_datetime(moment, usegmt=True),
        "link": f'<{LICENCE}>; rel="license", <{following}>; rel="monitor"',
        "content-disposition": f'attachment; filename="{dump.name}-{moment:%Y-%m-%d}.{form}"',
    }
    return {**headers, "content-encoding": "gzip"} if zipped else headers


async def _make(context: Context[Any], dump: Dump, form: str, file: BinaryIO, *, zipped: bool) -> None:
    target = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=5, mtime=0) if zipped else file
    made = dump.forms.open(form, cast(BinaryIO, target), dump.columns)
    async with (
        context.db.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        cursor = await connection.cursor(dump.sql, *dump.args)
        while rows := await cursor.fetch(BATCH):
            shown = [item for row in rows if (item := dump.shown(context, dict(row))) is not None]
            batch = shown if form == "ndjson" or dump.flat is None else [dump.flat(row) for row in shown]
            await asyncio.to_thread(made.write, batch)
    await asyncio.to_thread(made.close)
    if target is not file:
        await asyncio.to_thread(target.close)


async def _sent(file: BinaryIO) -> AsyncIterator[bytes]:
    with closing(file):
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


def _slots(request: Request) -> asyncio.Semaphore:
    state = request.app.state
    if not hasattr(state, "dump_slots"):
        state.dump_slots = asyncio.Semaphore(SLOTS)
    slots: asyncio.Semaphore = state.dump_slots
    return slots


def _accepts_gzip(request: Request) -> bool:
    for item in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = item.replace(" ", "").partition(";")
        if coding == "gzip":
            return weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
