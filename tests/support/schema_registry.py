"""A national registry of schemas on loopback: an index like that of schema.data.gouv.fr, and the documents it lists."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.http_servers import Asked, Server, reply, serving


def table_schema(*names: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """Return a descriptor with text fields."""
    fields = [{"name": name, "type": "string"} for name in names]
    return {"name": "essai", "version": version, "fields": fields, **more}


class SchemaRegistry:
    """What the server serves; change it between two requests. `down` makes it answer 503 to all."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.down = False
        self.documents: dict[str, bytes] = {}
        self._schemas: list[dict[str, Any]] = [{"name": "foo/bar", "labels": []}]

    @property
    def url(self) -> str:
        """Return the address of the index."""
        return self.server.url("/schemas.json")

    def publish(self, name: str, version: str, descriptor: Any, kind: str = "tableschema") -> str:
        """List a version with its document, and return its address; published again, the document is replaced."""
        path = f"/schemas/{name}/{version}/schema.json"
        self.documents[path] = (
            descriptor if isinstance(descriptor, bytes) else json.dumps(descriptor).encode()
        )
        schema = next((item for item in self._schemas if item["name"] == name), None)
        if schema is None:
            schema = {"name": name, "title": f"Titre de {name}", "schema_type": kind, "versions": []}
            self._schemas.append(schema)
        if version not in [item["version_name"] for item in schema["versions"]]:
            schema["versions"].append({"version_name": version, "schema_url": self.server.url(path)})
        return self.server.url(path)

    def withdraw(self, name: str) -> None:
        """List a schema no longer."""
        self._schemas = [item for item in self._schemas if item["name"] != name]

    def asked(self) -> list[tuple[str, str | None]]:
        """Return what was asked since the last call, documents only: path and `If-None-Match`."""
        found = [(item.target, item.headers.get("if-none-match")) for item in self.server.asked]
        self.server.asked.clear()
        return [pair for pair in found if pair[0] != "/schemas.json"]

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answer a request, 304 to a condition that holds."""
        index = {
            "$schema": "https://opendataschema.frama.io/catalog/schema-catalog.json",
            "version": 1,
            "schemas": self._schemas,
        }
        documents = {**self.documents, "/schemas.json": json.dumps(index).encode()}
        body = documents.get(asked.target)
        if self.down or body is None:
            await reply(status=503 if self.down else 404)(asked, writer)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == etag:
            await reply(status=304, etag=etag)(asked, writer)
        else:
            await reply(body, etag=etag, content_type="application/json")(asked, writer)


@asynccontextmanager
async def schema_registry() -> AsyncIterator[SchemaRegistry]:
    """Serve an empty registry while the block lasts."""
    made: list[SchemaRegistry] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(asked, writer)

    async with serving(answer) as server:
        made.append(SchemaRegistry(server))
        yield made[0]
