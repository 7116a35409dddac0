"""A Table Schema given by its address, read through the guarded client."""

import asyncio

from shared.http import FetchFailed, FetchPolicy, GuardedClient, UrlNotAllowed
from shared.settings import Settings

MAX_SCHEMA_BYTES = 10_000_000


class SchemaNotFetched(Exception):
    """The address did not give a document; `fr` and `en` say why."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


def fetch_schema(url: str) -> bytes:
    """Return the document at a public address (or one that `SOCLE_HTTP_ALLOWED_HOSTS` names).

    Raises SchemaNotFetched.
    """
    return asyncio.run(_fetch(url))


async def _fetch(url: str) -> bytes:
    policy = FetchPolicy(allowed_hosts=Settings().http_allowed_hosts)
    async with GuardedClient(policy) as client:
        try:
            fetched = await client.get(url, max_bytes=MAX_SCHEMA_BYTES, refuse_html=True)
        except (FetchFailed, UrlNotAllowed) as problem:
            raise SchemaNotFetched(problem.fr, problem.en) from problem
    return fetched.body or b""
