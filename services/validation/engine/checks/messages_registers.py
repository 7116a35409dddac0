"""What the checks of national registers tell people."""

from services.validation.engine.messages import Message

REGISTERS: dict[str, Message] = {}
