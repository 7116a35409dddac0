"""What a client can meet who asks to be told."""

from uuid import UUID

from shared.problems import Conflict, NotFound


class WebhookNotFound(NotFound):
    slug = "webhook-not-found"
    title_fr = "Webhook inconnu"
    title_en = "Unknown webhook"

    @classmethod
    def of(cls, webhook_id: UUID) -> "WebhookNotFound":
        """Return the problem for an id that names no webhook of the caller."""
        return cls(
            fr=f"Aucun webhook de cette clé n'a l'identifiant {webhook_id} : voyez leur liste.",
            en=f"No webhook of this key has the id {webhook_id}: see their list.",
        )


class DeliveryNotFound(NotFound):
    slug = "delivery-not-found"
    title_fr = "Envoi inconnu"
    title_en = "Unknown delivery"

    @classmethod
    def of(cls, delivery_id: UUID) -> "DeliveryNotFound":
        """Return the problem for an id that names no delivery of the webhook."""
        return cls(
            fr=f"Ce webhook n'a pas d'envoi {delivery_id}, ou ne le garde plus : « redeliver » avec « since » renvoie "
            "tout ce qui s'est passé depuis un moment.",
            en=f"This webhook has no delivery {delivery_id}, or keeps it no longer: `redeliver` with `since` sends "
            "again all that happened since a moment.",
        )


class WebhookInactive(Conflict):
    slug = "webhook-inactive"
    title_fr = "Webhook en pause ou désactivé"
    title_en = "Webhook paused or disabled"

    @classmethod
    def of(cls, state: str) -> "WebhookInactive":
        """Return the problem for a message asked of a webhook that sends none."""
        return cls(
            fr=f"Ce webhook n'envoie rien (état « {state} ») : réactivez-le d'abord (PATCH, « state »: « active »).",
            en=f'This webhook sends nothing (state `{state}`): activate it first (PATCH, `"state": "active"`).',
        )


class TooManyWebhooks(Conflict):
    slug = "too-many-webhooks"
    title_fr = "Trop de webhooks"
    title_en = "Too many webhooks"

    @classmethod
    def past(cls, limit: int) -> "TooManyWebhooks":
        """Return the problem for one webhook more than a key may have."""
        return cls(
            fr=f"Une clé a {limit} webhooks au plus : supprimez-en un, ou modifiez-le.",
            en=f"A key has {limit} webhooks at most: delete one, or change it.",
        )
