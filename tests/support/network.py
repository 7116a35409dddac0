"""No test reaches another machine: connecting or resolving anything but loopback fails loudly."""

import ipaddress
import sys
from collections.abc import Callable

LOCAL_NAMES = {"", "localhost", "ip6-localhost", "0.0.0.0", "::"}


class OutsideNetworkError(RuntimeError):
    """A test tried to leave this machine. Not an OSError: code that handles those must not hide it."""


def forbid_outside() -> None:
    """Refuse, in this process and from now on, every connection that leaves the machine."""
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    host_of = _HOSTS.get(event)
    if host_of is None:
        return
    host = host_of(arguments)
    if host is not None and not _local(host):
        raise OutsideNetworkError(f"{event} to {host!r}: tests stay on this machine")


def _address_host(arguments: tuple[object, ...]) -> str | None:
    """Host of `(socket, address)`; a unix socket has none."""
    address = arguments[1]
    return str(address[0]) if isinstance(address, tuple) and address else None


def _resolved_host(arguments: tuple[object, ...]) -> str | None:
    host = arguments[0]
    if host is None:
        return None
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


_HOSTS: dict[str, Callable[[tuple[object, ...]], str | None]] = {
    "socket.connect": _address_host,
    "socket.sendto": _address_host,
    "socket.getaddrinfo": _resolved_host,
    "socket.gethostbyname": _resolved_host,
}


def _local(host: str) -> bool:
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.split("%", 1)[0]).is_loopback
    except ValueError:
        return False
