"""What can go wrong with a fetch, as problems shown to whoever gave the address."""

from typing import Literal

from shared.problems import Problem

FetchReason = Literal[
    "connection",
    "encoding",
    "html-page",
    "http-status",
    "redirects",
    "timeout",
    "too-large",
    "too-slow",
    "truncated",
]


class UrlNotAllowed(Problem):
    """The address is refused before any socket is opened. Always the same document: it must not tell a
    stranger which of our private names exist, nor which rule stopped them."""

    status = 422
    slug = "url-not-allowed"
    title_fr = "Adresse refusée"
    title_en = "Address refused"

    def __init__(self) -> None:
        super().__init__(
            fr="Cette adresse n'est pas acceptée. Donnez une adresse publique commençant par http:// ou https://, "
            "sur le port 80 ou 443, sans identifiant ni mot de passe, et dont tous les serveurs et toutes les "
            "redirections sont joignables depuis Internet.",
            en="This address is not accepted. Give a public address that starts with http:// or https://, on port "
            "80 or 443, without user name or password, all of whose servers and redirects can be reached from "
            "the Internet.",
        )


class FetchFailed(Problem):
    """The address is acceptable but what it answers is not. `reason` says why; `http_status` is the answer's
    status when the reason is `http-status`, `retry_after` its header of this name."""

    status = 422
    slug = "fetch-failed"
    title_fr = "Téléchargement impossible"
    title_en = "Download failed"

    def __init__(
        self,
        reason: FetchReason,
        *,
        http_status: int | None = None,
        retry_after: str | None = None,
        limit: float = 0,
    ) -> None:
        self.reason = reason
        self.http_status = http_status
        self.retry_after = retry_after
        figures = {"status": http_status, "limit": f"{limit:,}".replace(",", "\u202f")}
        fr, en = _DETAILS[reason]
        super().__init__(fr=fr.format_map(figures), en=en.format_map(figures), reason=reason)
        if http_status is not None:
            self.extra["http_status"] = http_status
        if limit:
            self.extra["limit"] = limit


_DETAILS: dict[FetchReason, tuple[str, str]] = {
    "connection": (
        "Le serveur distant ne répond pas, ou sa réponse n'est pas du HTTP valide (nom inconnu, connexion refusée, "
        "certificat invalide…). Ouvrez l'adresse dans un navigateur pour la vérifier.",
        "The remote server does not answer, or not with valid HTTP (unknown name, connection refused, invalid "
        "certificate…). Open the address in a browser to check it.",
    ),
    "encoding": (
        "La réponse est compressée d'une façon illisible ou inconnue. Le serveur doit envoyer le fichier tel quel, ou "
        "compressé en gzip.",
        "The answer is compressed in an unreadable or unknown way. The server must send the file as it is, or "
        "compressed with gzip.",
    ),
    "html-page": (
        "L'adresse donne une page web (souvent une page de connexion ou d'erreur) et non un fichier de données. "
        "Donnez l'adresse directe du fichier, accessible sans se connecter.",
        "The address gives a web page (often a login or error page), not a data file. Give the direct address of the "
        "file, reachable without logging in.",
    ),
    "http-status": (
        "Le serveur distant répond avec le code HTTP {status}. Vérifiez que le fichier existe toujours à cette "
        "adresse et qu'il est accessible sans se connecter.",
        "The remote server answers with HTTP status {status}. Check that the file is still at this address and can "
        "be reached without logging in.",
    ),
    "redirects": (
        "L'adresse redirige plus de {limit} fois de suite. Donnez l'adresse finale du fichier.",
        "The address redirects more than {limit} times in a row. Give the final address of the file.",
    ),
    "timeout": (
        "Le serveur distant n'a pas répondu à temps (limite : {limit} s). Réessayez plus tard ou publiez le fichier "
        "sur un serveur plus rapide.",
        "The remote server did not answer in time (limit: {limit} s). Try again later, or publish the file on a "
        "faster server.",
    ),
    "too-large": (
        "Le fichier dépasse la taille acceptée ({limit} octets, après décompression). Découpez-le, par exemple par "
        "année.",
        "The file is larger than accepted ({limit} bytes, once decompressed). Split it, by year for example.",
    ),
    "too-slow": (
        "Le serveur distant envoie moins de {limit} octets par seconde. Réessayez plus tard ou publiez le fichier "
        "sur un serveur plus rapide.",
        "The remote server sends fewer than {limit} bytes per second. Try again later, or publish the file on a "
        "faster server.",
    ),
    "truncated": (
        "La réponse s'interrompt avant la fin annoncée. Réessayez ; si l'erreur persiste, le fichier est incomplet "
        "sur le serveur distant.",
        "The answer stops before its announced end. Try again; if the error persists, the file is incomplete on the "
        "remote server.",
    ),
}
