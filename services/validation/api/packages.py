"""A package as it is asked for: each of its resources has its file or its address."""

from collections.abc import Sequence
from typing import Any

from services.validation.domain.descriptors import Descriptor
from services.validation.operations import descriptors, submissions
from services.validation.operations.context import ValidationContext
from services.validation.operations.submissions import Submission
from services.validation.schemas.validations import PackageRequest, PackageResource
from shared.problems import InvalidRequest
from shared.storage import Stored
from shared.uploads import file_label


def package(
    context: ValidationContext,
    described: PackageRequest,
    files: Sequence[tuple[str, Stored]],
    place: tuple[str, ...],
) -> Submission:
    """Return the submission of a package.

    Raises `InvalidRequest` unless its resources and the files agree, and `UrlNotAllowed`.
    """
    by_name = dict(files)
    at = "/" + "/".join(place) + "/resources"
    _check_package(context, described, files, at)
    resources: list[dict[str, Any]] = []
    given: list[Descriptor] = []
    for index, item in enumerate(described.resources):
        schema, descriptor = descriptors.choose(context, item.schema_)
        given.extend(descriptors.listed(descriptor))
        url = item.path if "://" in item.path else None
        stored = None if url else by_name.get(file_label(item.path))
        if url is None and stored is None:
            raise InvalidRequest.at(
                f"{at}/{index}/path",
                fr="Aucun fichier de ce nom n'est joint, et ce n'est pas une adresse (http ou https).",
                en="No file of this name is attached, and this is no address (http or https).",
            )
        if url is not None:
            context.http.check(url)
        label = file_label(item.path.partition("?")[0])
        resources.append(submissions.resource(item.name, label, schema, url=url, stored=stored))
    return submissions.package(file_label(described.name), resources, given)


def _check_package(
    context: ValidationContext, described: PackageRequest, files: Sequence[tuple[str, Stored]], at: str
) -> None:
    if len(described.resources) > (most := context.settings.validation_max_files):
        raise InvalidRequest.at(
            at,
            fr=f"{most} fichiers au plus sont acceptés ensemble : validez-les en plusieurs fois.",
            en=f"{most} files at most are accepted together: validate them in several requests.",
        )
    names = [item.name for item in described.resources]
    paths = [item.path for item in described.resources]
    for index, (name, path) in enumerate(zip(names, paths, strict=True)):
        if name in names[:index] or path in paths[:index]:
            raise InvalidRequest.at(
                f"{at}/{index}",
                fr="Ce nom ou ce fichier est déjà celui d'une autre ressource : chacune a les siens.",
                en="This name or file is that of another resource already: each has its own.",
            )
    labels = [filename for filename, _ in files]
    used: list[PackageResource] = [item for item in described.resources if "://" not in item.path]
    for label in labels:
        if labels.count(label) > 1 or label not in [file_label(item.path) for item in used]:
            raise InvalidRequest.at(
                "/form/file",
                fr=f"Le fichier « {label} » est joint deux fois, ou aucune ressource du paquet ne le décrit.",
                en=f"The file `{label}` is attached twice, or no resource of the package describes it.",
            )


def no_schema(pointer: str) -> InvalidRequest:
    """Return the refusal of a schema given for the whole of a package."""
    return InvalidRequest.at(
        pointer,
        fr="Dans un paquet, chaque fichier a son schéma : donnez-le dans « package ».",
        en="In a package, each file has its schema: give it in `package`.",
    )
