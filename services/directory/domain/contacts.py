"""Contacts: mailboxes of a function first, a named person only with consent; why, for how long, under which text."""

import re

KINDS: dict[str, tuple[str, str]] = {
    "fonction": ("Adresse de fonction", "Mailbox of a function"),
    "personne": ("Personne nommée", "Named person"),
}

# code: (French, English)
PURPOSES: dict[str, tuple[str, str]] = {
    "usage": (
        "Répondre aux questions sur l'usage déclaré et proposer l'export standard",
        "Answer questions about the declared usage and offer the standard export",
    ),
    "organisation": (
        "Joindre l'organisation au sujet de sa page dans l'annuaire",
        "Reach the organisation about its page in the directory",
    ),
}
AUDIENCES: dict[str, tuple[str, str]] = {
    "moderation": (
        "la modération de l'annuaire et l'organisation du contact",
        "the moderators of the directory and the organisation of the contact",
    ),
    "editeur": (
        "la modération, l'organisation du contact et l'éditeur du progiciel",
        "the moderators, the organisation of the contact and the vendor of the application",
    ),
}
CONSENT_MEANS: dict[str, tuple[str, str]] = {
    "formulaire": ("case cochée dans le formulaire", "box ticked in the form"),
    "courriel": ("message de la personne", "message of the person"),
    "ecrit": ("document signé", "signed document"),
}
# Version -> what a person agrees to. A version is never changed: a new text is a new version.
CONSENT_TEXTS: dict[str, tuple[str, str]] = {
    "2026-1": (
        "J'accepte que mon nom, ma fonction et mes coordonnées professionnelles soient conservés trois ans au plus "
        "pour répondre aux questions sur l'usage déclaré. Ils ne sont montrés qu'aux destinataires que j'ai choisis, "
        "jamais publiés ni exportés. Je peux les consulter, les corriger ou les faire effacer à tout moment.",
        "I agree that my name, function and professional contact details be kept for three years at most, to answer "
        "questions about the declared usage. They are shown only to those I chose, never published nor exported. I "
        "may read, correct or have them erased at any time.",
    ),
}
PRESENT_TEXT = "2026-1"

# Words that name a function, as they begin, end or make the part before the @.
_FUNCTIONS = frozenset(
    {
        "accueil",
        "accessibilite",
        "administration",
        "archives",
        "assemblees",
        "cabinet",
        "comptabilite",
        "communication",
        "contact",
        "courrier",
        "culture",
        "data",
        "dga",
        "dgs",
        "donnee",
        "donnees",
        "dpd",
        "dpo",
        "dsi",
        "dsit",
        "education",
        "etatcivil",
        "finances",
        "geomatique",
        "gestion",
        "info",
        "informatique",
        "innovation",
        "logiciel",
        "mairie",
        "marches",
        "mediatheque",
        "metropole",
        "numerique",
        "opendata",
        "ouverture",
        "prefecture",
        "projet",
        "projets",
        "region",
        "restauration",
        "scolaire",
        "secretariat",
        "service",
        "services",
        "sig",
        "si",
        "support",
        "systeme",
        "systemes",
        "technique",
        "telecom",
        "transition",
        "transparence",
        "urbanisme",
        "ville",
        "webmaster",
    }
)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}")


def is_email(text: str) -> bool:
    """Tell whether a text has the form of an e-mail address."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_function_mailbox(email: str) -> bool:
    """Tell whether an address names a function rather than a person: `opendata@`, `service.sig@`, `mairie21@`."""
    local = email.partition("@")[0].lower()
    words = [re.sub(r"\d+", "", word) for word in re.split(r"[.\-_+]", local)]
    return any(word in _FUNCTIONS for word in words)
