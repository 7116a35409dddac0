"""What a client of the validation service can do wrong."""

from shared.problems import Conflict, NotFound, PayloadTooLarge, Problem, Unavailable

# Where every limit is told.
LIMITS = "/validation/v1/limits"
_PROCESS_LIMITS = {"memory": "max_memory_bytes", "cpu": "max_cpu_seconds", "wall": "max_wall_seconds"}


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


class ValidationTakesLong(Unavailable):
    slug = "validation-takes-long"
    title_fr = "Validation encore en cours"
    title_en = "Validation still going on"

    @classmethod
    def than(cls, seconds: float, address: str) -> "ValidationTakesLong":
        """Return the problem for a validation that goes on after the longest time a request may last."""
        return cls(
            fr=f"La validation dure plus de {seconds:g} s et continue : redemandez-la bientôt, ou suivez {address}",
            en=f"The validation takes more than {seconds:g} s and goes on: ask again in a while, or follow {address}",
            headers={"Retry-After": "10"},
        )


class FileNotKept(Problem):
    status = 410
    slug = "file-not-kept"
    title_fr = "Fichier non conservé"
    title_en = "File not kept"

    @classmethod
    def after(cls, days: int) -> "FileNotKept":
        """Return the problem for an uploaded file that is no longer kept."""
        return cls(
            fr=f"Le fichier a été effacé : les dépôts sont conservés {days} jours, les rapports toujours. "
            "Renvoyez-le pour obtenir ce classeur ; les autres formes du rapport restent disponibles.",
            en=f"The file was deleted: uploads are kept {days} days, reports for ever. "
            "Send it again to get this workbook; the other forms of the report are still there.",
        )

    @classmethod
    def fetched(cls) -> "FileNotKept":
        """Return the problem for a file that was read from its address, and of which nothing was kept."""
        return cls(
            fr="Le fichier a été lu à son adresse et n'a pas été conservé : envoyez-le lui-même pour obtenir ce "
            "classeur ; les autres formes du rapport sont disponibles.",
            en="The file was read from its address and was not kept: send the file itself to get this workbook; "
            "the other forms of the report are available.",
        )


class NotATable(Conflict):
    slug = "not-a-table"
    title_fr = "Pas de tableau à montrer"
    title_en = "No table to show"

    @classmethod
    def unreadable(cls) -> "NotATable":
        """Return the problem for a source that could not be read, of which no workbook can be made."""
        return cls(
            fr="Ce fichier n'a pas pu être lu comme un tableau avec ce schéma : le rapport (JSON, HTML) dit pourquoi.",
            en="This file could not be read as a table with this schema: the report (JSON, HTML) says why.",
        )

    @classmethod
    def package(cls) -> "NotATable":
        """Return the problem for a package, whose files make no single workbook."""
        return cls(
            fr="Un paquet de plusieurs fichiers n'a pas de classeur : validez un fichier seul pour obtenir le sien.",
            en="A package of several files has no workbook: validate one file alone to get its own.",
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


class UnusableSchema(Problem):
    status = 422
    slug = "unusable-schema"
    title_fr = "Schéma inutilisable"
    title_en = "Unusable schema"

    @classmethod
    def because(cls, pointer: str, *, fr: str, en: str) -> "UnusableSchema":
        """Return the problem for a descriptor given by a client; `pointer` is the place in it."""
        place_fr, place_en = (f" (à « {pointer} »)", f" (at `{pointer}`)") if pointer else ("", "")
        return cls(
            fr=f"Le schéma donné ne peut pas servir{place_fr} : {fr}. Corrigez-le, puis renvoyez la demande.",
            en=f"The schema given cannot be used{place_en}: {en}. Correct it, then send the request again.",
            pointer=pointer,
        )


class SchemaNotKept(NotFound):
    slug = "schema-not-kept"
    title_fr = "Schéma non conservé"
    title_en = "Schema not kept"

    @classmethod
    def of(cls, resources: list[str]) -> "SchemaNotKept":
        """Return the problem for a validation without a descriptor; `resources` are those of a package."""
        if resources:
            listed = ", ".join(resources[:20])
            return cls(
                fr=f"Chaque fichier du paquet a son schéma : ajoutez « ?resource= » et l'un de ces noms : {listed}.",
                en=f"Each file of the package has its schema: add `?resource=` and one of these names: {listed}.",
            )
        return cls(
            fr="Le schéma n'est conservé qu'avec un verdict, et cette validation n'en a pas (ou date d'avant).",
            en="The schema is kept with a verdict only, and this validation has none (or is older).",
        )


class ContentAlreadySent(Conflict):
    slug = "content-already-sent"
    title_fr = "Contenu déjà reçu"
    title_en = "Content already received"

    @classmethod
    def of(cls, state: str) -> "ContentAlreadySent":
        """Return the problem for a validation that awaits no content in this state."""
        return cls(
            fr=f"Cette validation est dans l'état « {state} » et n'attend pas de contenu : demandez-en une nouvelle.",
            en=f"This validation is in the state `{state}` and awaits no content: ask for a new one.",
            state=state,
        )


class ContentNeverSent(Problem):
    """Written in the row of a validation whose content did not come in time; never an HTTP answer."""

    status = 422
    slug = "content-never-sent"
    title_fr = "Contenu jamais reçu"
    title_en = "Content never received"

    @classmethod
    def after(cls, hours: float) -> "ContentNeverSent":
        """Return the problem for content awaited this long."""
        return cls(
            fr=f"Le contenu annoncé n'est pas arrivé en {hours:g} h : demandez une nouvelle validation.",
            en=f"The content announced did not come within {hours:g} h: ask for a new validation.",
        )


class ValidationEnded(Conflict):
    slug = "validation-ended"
    title_fr = "Validation déjà terminée"
    title_en = "Validation already ended"

    @classmethod
    def of(cls, state: str) -> "ValidationEnded":
        """Return the problem for a validation that can no longer be cancelled."""
        return cls(
            fr=f"Cette validation est terminée (« {state} ») et ne peut plus être annulée ; vous pouvez la supprimer.",
            en=f"This validation has ended (`{state}`) and can no longer be cancelled; you may delete it.",
            state=state,
        )


class ValidationCancelled(Problem):
    """Written in the row of a validation that was cancelled; never an HTTP answer."""

    status = 409
    slug = "validation-cancelled"
    title_fr = "Validation annulée"
    title_en = "Validation cancelled"

    @classmethod
    def asked(cls) -> "ValidationCancelled":
        """Return the problem for a cancellation that its owner asked for."""
        return cls(
            fr="Cette validation a été annulée par qui l'avait demandée : demandez-en une nouvelle au besoin.",
            en="This validation was cancelled by whoever had asked for it: ask for a new one if needed.",
        )


class ScheduleNotFound(NotFound):
    slug = "schedule-not-found"
    title_fr = "Validation programmée inconnue"
    title_en = "Unknown scheduled validation"

    @classmethod
    def of(cls, schedule_id: object) -> "ScheduleNotFound":
        """Return the problem for an id that names no schedule of this caller."""
        return cls(
            fr=f"Aucune de vos validations programmées n'a l'identifiant {schedule_id} : reprenez celui de la liste.",
            en=f"None of your scheduled validations has the id {schedule_id}: take one from the list.",
        )


class TooManySchedules(Conflict):
    slug = "too-many-schedules"
    title_fr = "Trop de validations programmées"
    title_en = "Too many scheduled validations"

    @classmethod
    def past(cls, limit: int) -> "TooManySchedules":
        """Return the problem for an owner that has as many as it may."""
        return cls(
            fr=f"Vous avez déjà {limit} validations programmées, le plus qu'un propriétaire puisse en avoir : "
            "supprimez celles qui ne servent plus, ou demandez davantage à l'exploitant du service.",
            en=f"You already have {limit} scheduled validations, the most that one owner may have: "
            "delete those no longer of use, or ask the operator of the service for more.",
            limit=limit,
            limit_name="schedules_per_owner",
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
            headers={"Upload-Limit": f"max-size={limit}"},
            limit_name="max_upload_bytes",
            limit_bytes=limit,
            limits=LIMITS,
        )


class UnreadableFile(Problem):
    status = 422
    slug = "unreadable-file"
    title_fr = "Fichier illisible"
    title_en = "Unreadable file"

    @classmethod
    def because(cls, fr: str, en: str) -> "UnreadableFile":
        """Return the problem for a file whose header cannot be read; without words, it has none."""
        return cls(
            fr=fr or "Le fichier n'a pas d'en-tête : sa première ligne doit nommer les colonnes.",
            en=en or "The file has no header: its first line must name the columns.",
        )


class FileTooComplex(Problem):
    """A limit of one process was reached; written in the row of a validation, answered where a header is asked."""

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
            fr=f"Ce fichier a dépassé {fr} : simplifiez-le (un seul tableau, CSV), découpez-le, ou validez-le sur "
            "place avec la commande « socle validate », qui n'a pas de limite.",
            en=f"This file exceeded {en}: simplify it (a single table, CSV), split it, or validate it locally with the "
            "command `socle validate`, which has no limit.",
            reason=reason,
            limit_name=_PROCESS_LIMITS.get(reason),
            limits=LIMITS,
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
