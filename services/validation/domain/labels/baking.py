"""A credential inside of an SVG badge (Open Badges 3.0, section 5.3.2)."""

from xml.parsers import expat
from xml.sax.saxutils import quoteattr

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
_ELEMENT = f"{NAMESPACE} credential"


class NotBaked(ValueError):
    """The file is no SVG that holds a credential."""


def bake(svg: str, token: str) -> str:
    """Return an SVG with a token in it, as the first thing of its root element."""
    end = svg.index(">", svg.index("<svg")) + 1
    carrier = f'<openbadges:credential xmlns:openbadges="{NAMESPACE}" verify={quoteattr(token)}/>'
    return svg[:end] + carrier + svg[end:]


def unbake(svg: bytes) -> str:
    """Return the token, or the JSON credential, that an SVG holds.

    Raises NotBaked: there is none, or several, or the XML is broken, or declares a document type (by which it could
    name entities and other files).
    """
    found: list[str] = []
    inside = False

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == _ELEMENT:
            inside = True
            found.append(attributes.get("verify", ""))

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and name != _ELEMENT

    def text(data: str) -> None:
        if inside:
            found[-1] += data

    def refuse(*_: object) -> None:
        raise NotBaked("doctype")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(svg, True)
    except expat.ExpatError as error:
        raise NotBaked("xml") from error
    if len(found) != 1 or not found[0].strip():
        raise NotBaked("none" if not found else "several")
    return found[0].strip()
