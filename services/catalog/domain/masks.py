"""`X-Fields`: which members of an answer a client asks for (`data{id,title,resources{url}},next_page`)."""

import re
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z0-9_.:-]+|[{},*])\s*")
LONGEST = 2000
DEEPEST = 20

# A member -> the mask inside of it; None keeps it whole. `*` keeps every other member.
Mask = dict[str, "Mask | None"]


class MaskRefused(ValueError):
    """A mask that cannot be read; the position where."""

    def __init__(self, position: int) -> None:
        super().__init__(f"position {position}")
        self.position = position


def parse(mask: str) -> Mask:
    """Return a mask; raises `MaskRefused`. The outermost braces may be left out."""
    if len(mask) > LONGEST:
        raise MaskRefused(LONGEST)
    tokens: list[tuple[str, int]] = []
    position = 0
    while position < len(mask):
        found = _TOKEN.match(mask, position)
        if found is None:
            raise MaskRefused(position)
        tokens.append((found[1], position))
        position = found.end()
    if tokens and tokens[0][0] == "{" and tokens[-1][0] == "}":
        tokens = tokens[1:-1]
    stack: list[Mask] = [{}]
    last: str | None = None
    for mark, place in tokens:
        if mark == "{":
            if last is None or len(stack) > DEEPEST:
                raise MaskRefused(place)
            inside: Mask = {}
            stack[-1][last] = inside
            stack.append(inside)
            last = None
        elif mark == "}":
            if len(stack) == 1:
                raise MaskRefused(place)
            stack.pop()
            last = None
        elif mark == ",":
            last = None
        else:
            stack[-1][mark] = None
            last = mark
    if len(stack) != 1:
        raise MaskRefused(len(mask))
    return stack[0]


def apply(document: Any, mask: Mask | None) -> Any:
    """Return a JSON value with the members of the mask alone; a member that it names and has not is null."""
    if mask is None:
        return document
    if isinstance(document, list):
        return [apply(item, mask) for item in document]
    if not isinstance(document, dict):
        return document
    kept = dict(document) if "*" in mask else {}
    return kept | {name: apply(document.get(name), inside) for name, inside in mask.items() if name != "*"}
