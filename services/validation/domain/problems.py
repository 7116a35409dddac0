"""What a client of the validation service can do wrong."""

from shared.problems import Conflict, NotFound, PayloadTooLarge, Problem


class ValidationNotFound(NotFound):
    slug = "validation-not-found"
    title_fr = "Validation inconnue"
    title_en = "Unknown validation"

    @classmethod
    def of(cls, validation_id: object) -> "ValidationNotFound":
        """Return the problem for an id that names no validation."""
        return cls(
            fr=f"Aucune validation n'a l'identifiant {validation_id} : reprenez l'adresse reçue dans « Location ».",
            en=f"No validation has the id {validation_id}: use the address received in `Location`.",
        )


class ReportNotReady(Conflict):
    slug = "report-not-ready"
    title_fr = "Rapport pas encore disponible"
    title_en = "Report not available yet"

    @classmethod
    def of(cls, state: str) -> "ReportNotReady":
        """Return the problem for a validation that has no report in this state."""
        return cls(
            fr=f"Cette validation est dans l'état « {state} » et n'a pas de rapport : consultez-la.",
            en=f"This validation is in the state `{state}` and has no report: read it to follow its state.",
        )


class UnknownSchema(Problem):
    status = 422
    slug = "unknown-schema"
    title_fr = "Schéma inconnu"
    title_en = "Unknown schema"

    @classmethod
    def of(cls, reference: str, close: tuple[str, ...]) -> "UnknownSchema":
        """Return the problem for a schema reference, with the nearest ones that exist."""
        hint = ", ".join(close) or "scdl/deliberations, scdl/subventions"
        return cls(
            fr=f"Le schéma « {reference[:200]} » n'existe pas ; proches ou disponibles : {hint}.",
            en=f"The schema `{reference[:200]}` does not exist; close or available: {hint}.",
            close=list(close),
        )


class MissingFile(Problem):
    status = 422
    slug = "missing-file"
    title_fr = "Aucun fichier à valider"
    title_en = "No file to validate"


class EmptyFile(Problem):
    status = 422
    slug = "empty-file"
    title_fr = "Fichier vide"
    title_en = "Empty file"


class UploadTooLarge(PayloadTooLarge):
    slug = "upload-too-large"
    title_fr = "Fichier trop volumineux"
    title_en = "File too large"

    @classmethod
    def past(cls, limit: int) -> "UploadTooLarge":
        """Return the problem for a file larger than `limit` bytes."""
        return cls(
            fr=f"Le fichier dépasse {limit / 1e6:g} Mo, la taille acceptée : découpez-le, compressez-le (gzip), "
            "ou validez-le sur place avec la commande « socle validate », qui n'a pas de limite.",
            en=f"The file exceeds {limit / 1e6:g} MB, the accepted size: split it, compress it (gzip), "
            "or validate it locally with the command `socle validate`, which has no limit.",
            limit_bytes=limit,
        )


class FileTooComplex(Problem):
    """Written in the row of a validation whose process used up its memory or time; never an HTTP answer."""

    status = 422
    slug = "file-too-complex"
    title_fr = "Fichier trop complexe"
    title_en = "File too complex"

    @classmethod
    def because(cls, reason: str) -> "FileTooComplex":
        """Return the problem for the limit reached: `memory`, `cpu`, `wall` or `crash`."""
        words = {
            "memory": ("la mémoire accordée", "the memory allowed"),
            "cpu": ("le temps de calcul accordé", "the processor time allowed"),
            "wall": ("la durée accordée", "the time allowed"),
        }
        fr, en = words.get(reason, ("ce que le lecteur supporte", "what the reader can bear"))
        return cls(
            fr=f"Ce fichier a dépassé {fr} : simplifiez-le (un seul tableau, CSV) ou découpez-le.",
            en=f"This file exceeded {en}: simplify it (a single table, CSV) or split it.",
            reason=reason,
        )


class ValidationGivenUp(Problem):
    """Written in the row of a validation that failed at every attempt; never an HTTP answer."""

    status = 500
    slug = "validation-given-up"
    title_fr = "Validation abandonnée"
    title_en = "Validation given up"

    @classmethod
    def after(cls, attempts: int) -> "ValidationGivenUp":
        """Return the problem for work that failed `attempts` times."""
        return cls(
            fr=f"La validation a échoué {attempts} fois de notre côté : renvoyez le fichier, ou signalez-le-nous.",
            en=f"The validation failed {attempts} times on our side: send the file again, or report it to us.",
        )


class SourceGone(Problem):
    """Written in the row of a validation whose file is no longer kept; never an HTTP answer."""

    status = 422
    slug = "source-gone"
    title_fr = "Fichier disparu"
    title_en = "File gone"

    @classmethod
    def of(cls, filename: str) -> "SourceGone":
        """Return the problem for a file that is not in the storage any more."""
        return cls(
            fr=f"Le fichier « {filename} » n'est plus conservé : envoyez-le de nouveau.",
            en=f"The file `{filename}` is no longer kept: send it again.",
        )
