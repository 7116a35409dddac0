"""Reading `multipart/form-data` as it comes: fields in memory within limits, files as streams."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from shared.problems import InvalidRequest, MalformedRequest, Problem, UnsupportedMediaType

# For routes that stream a body under their own limit, which knows how to tell the client what to do.
UNBOUNDED = 1 << 60
MAX_FIELDS = 50
MAX_FIELD_BYTES = 1_000_000
MAX_HEADER_BYTES = 8_000
MAX_LABEL = 255


class UploadAborted(Problem):
    status = 400
    slug = "upload-aborted"
    title_fr = "Envoi interrompu"
    title_en = "Upload aborted"

    @classmethod
    def gone(cls) -> "UploadAborted":
        """Return the problem for a client that went away; only the logs will see it."""
        return cls(
            fr="La connexion s'est fermée avant la fin de l'envoi : rien n'a été enregistré.",
            en="The connection closed before the end of the upload: nothing was stored.",
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A plain form field."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in the form; read `chunks` to its end before asking for the next part."""

    name: str
    filename: str
    chunks: AsyncIterator[bytes]


def file_label(name: str) -> str:
    """Return a client's file name as a mere label: its last component, printable, at most 255 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    label = "".join(character for character in last if character.isprintable()).strip()
    return label[:MAX_LABEL] or "fichier"


def _malformed(reason: str) -> MalformedRequest:
    return MalformedRequest(
        fr=f"Le formulaire multipart est illisible ({reason}) : reconstruisez-le avec une bibliothèque HTTP.",
        en=f"The multipart form cannot be read ({reason}): build it with an HTTP library.",
    )


def declared_length(request: Request) -> int:
    """Return the Content-Length of a request; 0 when it has none (a chunked body)."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 20 else 0


class _Events:
    """Turns the parser's callbacks into a queue of events."""

    def __init__(self, boundary: bytes) -> None:
        self.queue: deque[tuple[str, Any]] = deque()
        self.ended = False
        self._name = b""
        self._value = b""
        self._headers: dict[str, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_part_data": self._part_data,
                "on_part_end": lambda: self.queue.append(("part-end", None)),
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": lambda: self.queue.append(("headers", dict(self._headers))),
                "on_end": self._end,
            },
        )

    def write(self, data: bytes) -> None:
        """Parse more bytes."""
        self._parser.write(data)

    def _part_begin(self) -> None:
        self._headers = {}

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self.queue.append(("data", data[start:end]))

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._check_header()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._name) + len(self._value) > MAX_HEADER_BYTES:
            raise _malformed("en-tête trop long / header too long")

    def _header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self.ended = True


class FormReader:
    """Iterates over the parts of a request's form, never holding a file in memory.

    Raises `UnsupportedMediaType`, `MalformedRequest`, `InvalidRequest` (a field too large, too many of them)
    and `UploadAborted` when the client goes away.
    """

    def __init__(self, request: Request) -> None:
        content_type, options = parse_options_header(request.headers.get("content-type", ""))
        if content_type != b"multipart/form-data":
            raise UnsupportedMediaType(
                fr="Envoyez un formulaire « multipart/form-data » (fichier) ou un corps « application/json » (URL).",
                en="Send a `multipart/form-data` form (a file) or an `application/json` body (a URL).",
            )
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 200:
            raise _malformed("boundary")
        self._events = _Events(boundary)
        self._stream = request.stream()

    async def _event(self) -> tuple[str, Any] | None:
        """Return the next event, or None at the end of the form."""
        while not self._events.queue:
            try:
                chunk = await anext(self._stream, None)
            except ClientDisconnect as error:
                raise UploadAborted.gone() from error
            if chunk is None:
                if not self._events.ended:
                    raise _malformed("fin manquante / end missing")
                return None
            try:
                self._events.write(chunk)
            except FormParserError as error:
                raise _malformed(str(error)[:100]) from error
        return self._events.queue.popleft()

    async def _data(self) -> AsyncIterator[bytes]:
        while (event := await self._event()) is not None:
            kind, value = event
            if kind == "part-end":
                return
            if kind == "data":
                yield value

    async def _value(self, name: str) -> str:
        data = b""
        async for chunk in self._data():
            data += chunk
            if len(data) > MAX_FIELD_BYTES:
                raise InvalidRequest.at(
                    f"/form/{name[:100]}",
                    fr=f"Ce champ dépasse {MAX_FIELD_BYTES} octets ; un fichier s'envoie avec un nom de fichier.",
                    en=f"This field exceeds {MAX_FIELD_BYTES} bytes; a file is sent with a file name.",
                )
        try:
            value = data.decode()
        except UnicodeDecodeError as error:
            raise _malformed(f"{name[:100]} : UTF-8") from error
        if "\x00" in value:
            raise _malformed(f"{name[:100]} : NUL")
        return value

    async def __aiter__(self) -> AsyncIterator[Field | FilePart]:
        """Yield each part in order."""
        count = 0
        while (event := await self._event()) is not None:
            kind, headers = event
            if kind != "headers":
                continue
            count += 1
            if count > MAX_FIELDS:
                raise _malformed(f"plus de {MAX_FIELDS} parties / more than {MAX_FIELDS} parts")
            _, options = parse_options_header(headers.get("content-disposition", b""))
            name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                label = file_label(options[b"filename"].decode("utf-8", "replace"))
                yield FilePart(name, label, self._data())
            else:
                yield Field(name, await self._value(name))
