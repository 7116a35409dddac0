"""What waits for a moderator, the states it goes through, and why it has to wait."""

from enum import StrEnum


class State(StrEnum):
    """Where a submission is; the last two are final."""

    WAITING = "en_attente"
    PUBLISHED = "publie"
    REFUSED = "refuse"


STATE_LABELS: dict[State, tuple[str, str]] = {
    State.WAITING: ("en attente", "waiting"),
    State.PUBLISHED: ("publié", "published"),
    State.REFUSED: ("refusé", "refused"),
}


class Kind(StrEnum):
    """What is submitted."""

    DECLARATION = "declaration"
    VENDOR = "editeur"
    CONTEST = "contestation"


# (title, why it waits), in French and in English.
KIND_LABELS: dict[Kind, tuple[str, str]] = {
    Kind.DECLARATION: ("Déclaration d'usage", "Declaration of a usage"),
    Kind.VENDOR: ("Nouvelle page d'éditeur", "New page of a vendor"),
    Kind.CONTEST: ("Affirmation contestée", "Contested claim"),
}
REASONS: dict[Kind, tuple[str, str]] = {
    Kind.DECLARATION: (
        "Envoyée par le formulaire public : rien ne prouve qui l'a remplie.",
        "Sent by the public form: nothing proves who filled it in.",
    ),
    Kind.VENDOR: (
        "Page créée par l'éditeur lui-même : la modération vérifie qu'il édite bien des progiciels.",
        "Page made by the vendor itself: the moderators check that it does sell applications.",
    ),
    Kind.CONTEST: (
        "Une organisation conteste ce qu'une autre affirme : les deux restent affichées en attendant.",
        "One body contests what another says: both are shown meanwhile.",
    ),
}
