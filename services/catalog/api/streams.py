"""An answer written while the request is still being read."""

from collections.abc import AsyncIterator

from fastapi.responses import Response
from starlette.types import Receive, Scope, Send


class DuplexResponse(Response):
    """Sends what an iterator gives, and leaves the request's body to whoever reads it.

    (Starlette's own streaming answer reads the request to notice that the client went away, and so eats its body.)
    """

    def __init__(self, pieces: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
