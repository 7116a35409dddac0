"""How a form for a validation is read: one file and its schema, or several files and the package that they make."""

from dataclasses import dataclass, field

from fastapi import Request

from services.validation.domain.descriptors import MAX_SCHEMA_BYTES
from services.validation.domain.problems import MissingFile, UnusableSchema
from services.validation.operations import uploads
from services.validation.operations.context import ValidationContext
from shared.problems import InvalidRequest
from shared.storage import Stored
from shared.uploads import MAX_FIELD_BYTES, Field, FilePart, FormReader, declared_length

KNOWN = ("file", "schema", "package", "callback")


@dataclass(slots=True)
class Form:
    """What a form held: its files, kept already, in their order, and its other fields."""

    files: list[tuple[str, Stored]] = field(default_factory=list)
    schema: str | bytes | None = None
    package: str | None = None
    callback: str | None = None

    def one_file(self) -> tuple[str, Stored]:
        """Return the only file; raises `MissingFile`, or `InvalidRequest` when there are several."""
        if not self.files:
            raise MissingFile(
                fr="Le formulaire n'a pas de fichier : joignez-le dans le champ « file » (curl : -F file=@export.csv).",
                en="The form has no file: attach it in the field `file` (curl: -F file=@export.csv).",
            )
        if len(self.files) > 1:
            raise InvalidRequest.at(
                "/form/file",
                fr="Un seul fichier est attendu dans le champ « file » ; pour plusieurs, décrivez-les dans le champ "
                "« package ».",
                en="A single file is expected in the field `file`; for several, describe them in the field `package`.",
            )
        return self.files[0]

    def reference(self) -> str | bytes:
        """Return the schema given; raises `InvalidRequest` when there is none."""
        if self.schema is None or not self.schema.strip():
            raise InvalidRequest.at(
                "/form/schema",
                fr="Nommez le schéma du fichier, par exemple « scdl/deliberations ».",
                en="Name the schema of the file, for instance `scdl/deliberations`.",
            )
        return self.schema.strip() if isinstance(self.schema, str) else self.schema


async def read_form(request: Request, context: ValidationContext) -> Form:
    """Return the form of a request, its files kept in the storage.

    Whatever stops it, the client going away included, no file stays.
    """
    form = Form()
    # A client that waits for `100 Continue` is told before it sends anything.
    uploads.check_size(context, declared_length(request) - 3 * MAX_FIELD_BYTES)
    try:
        async for part in FormReader(request):
            match part:
                case Field(name, value):
                    _keep_field(form, name, value)
                case FilePart("file", filename, _):
                    await _keep_file(context, form, filename, part)
                case FilePart("schema"):
                    _refuse_twice("schema", form.schema)
                    form.schema = await _small(part)
                case FilePart("package"):
                    _refuse_twice("package", form.package)
                    form.package = (await _small(part)).decode("utf-8", "surrogateescape")
                case FilePart(name):
                    raise _unknown(name)
    except BaseException:
        await discard(context, form)
        raise
    return form


async def discard(context: ValidationContext, form: Form) -> None:
    """Remove the files of a form that became no validation."""
    await uploads.remove(context, [stored.key for _, stored in form.files])


async def _keep_file(context: ValidationContext, form: Form, filename: str, part: FilePart) -> None:
    if len(form.files) >= (most := context.settings.validation_max_files):
        raise InvalidRequest.at(
            "/form/file",
            fr=f"{most} fichiers au plus sont acceptés ensemble : validez-les en plusieurs fois.",
            en=f"{most} files at most are accepted together: validate them in several requests.",
        )
    already = sum(stored.size for _, stored in form.files)
    stored = await uploads.keep(context, uploads.new_key(), part.chunks, already=already)
    form.files.append((filename, stored))


def _keep_field(form: Form, name: str, value: str) -> None:
    match name:
        case "schema":
            _refuse_twice(name, form.schema)
            form.schema = value
        case "package":
            _refuse_twice(name, form.package)
            form.package = value
        case "callback":
            _refuse_twice(name, form.callback)
            form.callback = value
        case "file":
            # A file sent without a file name: what is missing is told at the end.
            return
        case _:
            raise _unknown(name)


async def _small(part: FilePart) -> bytes:
    data = b""
    async for chunk in part.chunks:
        data += chunk
        if len(data) > MAX_SCHEMA_BYTES:
            raise UnusableSchema.because(
                "",
                fr=f"il compte plus de {MAX_SCHEMA_BYTES / 1e6:g} Mo",
                en=f"it holds more than {MAX_SCHEMA_BYTES / 1e6:g} MB",
            )
    return data


def _refuse_twice(name: str, given: object) -> None:
    if given is not None:
        raise InvalidRequest.at(
            f"/form/{name}",
            fr="Ce champ est donné deux fois : n'en gardez qu'un.",
            en="This field is given twice: keep only one.",
        )


def _unknown(name: str) -> InvalidRequest:
    listed_fr = ", ".join(f"« {known} »" for known in KNOWN)
    listed_en = ", ".join(f"`{known}`" for known in KNOWN)
    return InvalidRequest.at(
        f"/form/{name[:100]}",
        fr=f"Ce champ n'est pas connu ici ; ceux-ci le sont : {listed_fr}.",
        en=f"This field is not known here; these are: {listed_en}.",
    )
