"""A pause between two requests of this process to the same host, so that no portal suffers from us."""

import asyncio
from urllib.parse import urlsplit

MOST_HOSTS = 10_000


def host_of(url: str) -> str | None:
    """Return the host of an address with its port when it names one, or None."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        return None


class HostPace:
    """Gives each host its turns, one `pause` (in seconds) after the other; hosts do not wait for one another."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._free_at: dict[str, float] = {}

    async def turn(self, url: str) -> None:
        """Wait until the host of an address may be asked."""
        host = host_of(url)
        if not self._pause or host is None:
            return
        moment = asyncio.get_running_loop().time()
        if len(self._free_at) > MOST_HOSTS:
            self._free_at = {name: at for name, at in self._free_at.items() if at > moment}
        at = max(moment, self._free_at.get(host, 0.0))
        self._free_at[host] = at + self._pause
        await asyncio.sleep(at - moment)
