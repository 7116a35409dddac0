"""What the checks of places and contacts tell people."""

from services.validation.engine.messages import Message

PLACES: dict[str, Message] = {}
