"""The permanent addresses of labels, and the identifier of who signs them; all follow from the public address."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit
from uuid import UUID

Purpose = Literal["revocation", "suspension"]
PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")
SERVICE_PATH = "/validation/v1"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the public address of the suite, and the name that credentials show."""

    public_url: str
    name: str

    @property
    def root(self) -> str:
        """Return the address of this service's API."""
        return self.public_url.rstrip("/") + SERVICE_PATH

    @property
    def did(self) -> str:
        """Return the DID: its path form leads to `<root>/did.json` (did:web method, section 2.5.2)."""
        parts = urlsplit(self.root)
        host = quote(parts.netloc.rpartition("@")[2].lower(), safe="")
        return ":".join(["did:web", host, *(quote(part, safe="") for part in parts.path.split("/") if part)])

    @property
    def context(self) -> str:
        """Return the address of the JSON-LD context of our terms."""
        return f"{self.root}/labels/context/v1"

    def key(self, key_id: str) -> str:
        """Return the DID URL of a key."""
        return f"{self.did}#{key_id}"

    def label(self, label_id: UUID | str, form: str = "") -> str:
        """Return the address of a label, or of one of its forms (`page`, `credential.json`, …)."""
        return f"{self.root}/labels/{label_id}" + (f"/{form}" if form else "")

    def progiciel(self, progiciel_id: UUID) -> str:
        """Return the address of the application in the directory: the subject of the label."""
        return f"{self.public_url.rstrip('/')}/directory/v1/progiciels/{progiciel_id}"

    def status_list(self, purpose: Purpose, number: int) -> str:
        """Return the address of a status list."""
        return f"{self.root}/labels/status/{purpose}/{number}"
