"""What the outgoing client may reach, and how long and how much it accepts."""

import re
import unicodedata
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import httpx

from shared.http.addresses import IPAddress, IPNetwork, embedded_ipv4, is_public
from shared.http.errors import UrlNotAllowed

MAX_URL_LENGTH = 8192
PORTS = {"http": 80, "https": 443}

# Control characters and spaces are dropped by some parsers and backslashes turned round by others: a URL that two
# programs read differently is not read at all.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z)({_LABEL}\.)*{_LABEL}\.?")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_HOST_AND_PORT = re.compile(r"(?P<host>[^\[\]:/@]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?")
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")
_LOCAL_SUFFIXES = ("localhost", "local", "internal", "arpa", "onion")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of outgoing HTTP. Times in seconds, sizes in bytes, `min_speed` in bytes per second.

    `allowed_hosts` opens private destinations: `host` (ports 80 and 443), `host:port`, or a network in CIDR form
    (any port). `refused_hosts` are names never fetched: our own. A bad entry raises ValueError at once.
    `speed_window` is over how many seconds of waiting the speed is measured. `ca_file` is a PEM file of further
    certificate authorities, for an intranet.
    """

    allowed_hosts: tuple[str, ...] = ()
    refused_hosts: tuple[str, ...] = ()
    connect_timeout: float = 5
    read_timeout: float = 15
    headers_timeout: float = 30
    total_timeout: float = 300
    min_speed: int = 1024
    speed_window: float = 20
    max_redirects: int = 5
    max_connections: int = 50
    user_agent: str = "Socle/0.1"
    ca_file: str | None = None
    _hosts: frozenset[tuple[str, int]] = field(init=False, repr=False)
    _networks: tuple[IPNetwork, ...] = field(init=False, repr=False)
    _refused: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hosts: set[tuple[str, int]] = set()
        networks: list[IPNetwork] = []
        for entry in self.allowed_hosts:
            if "/" in entry:
                networks.append(ip_network(entry))
            else:
                hosts.update(_host_and_ports(entry))
        object.__setattr__(self, "_hosts", frozenset(hosts))
        object.__setattr__(self, "_networks", tuple(networks))
        object.__setattr__(self, "_refused", frozenset(_canonical(host) for host in self.refused_hosts))

    def check_url(self, url: str) -> httpx.URL:
        """Return `url` parsed, without fragment, if it may be fetched as far as can be told without resolving it.

        Raises UrlNotAllowed. The address check proper is `permits`, once the name is resolved.
        """
        try:
            parsed = _parse(url)
        except (ValueError, httpx.InvalidURL):
            raise UrlNotAllowed from None
        host, port = _canonical(parsed.raw_host.decode("ascii")), port_of(parsed)
        if host in self._refused:
            raise UrlNotAllowed
        literal = literal_address(host)
        if literal is not None:
            if not self.permits(host, port, literal):
                raise UrlNotAllowed
        elif (host, port) not in self._hosts and not self._networks and not _is_public_name(host, port):
            raise UrlNotAllowed
        return parsed

    def permits(self, host: str, port: int, address: IPAddress) -> bool:
        """Tell whether `host`, resolved to `address`, may be connected to on `port`."""
        if (_canonical(host), port) in self._hosts or any(address in network for network in self._networks):
            return True
        if literal_address(host) is not None and embedded_ipv4(address) is not None:
            return False  # nobody writes an IPv4 address as an IPv6 one in a link, except to disguise it
        return port in PORTS.values() and is_public(address)


def port_of(url: httpx.URL) -> int:
    """Return the port a checked URL leads to."""
    return url.port if url.port is not None else PORTS[url.scheme]


def literal_address(host: str) -> IPAddress | None:
    """Return the address that `host` spells, without brackets; None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _parse(url: str) -> httpx.URL:
    """Raise ValueError or httpx.InvalidURL for anything two URL parsers could understand differently."""
    if len(url) > MAX_URL_LENGTH or _AMBIGUOUS.search(url):
        raise ValueError("length or characters")
    url.encode("utf-8")  # a lone surrogate fails here
    match = _AUTHORITY.match(url)
    if match is None:
        raise ValueError("scheme")
    authority = match.group(1)
    if "@" in authority or "%" in authority or _OTHER_DOTS.search(authority):
        raise ValueError("authority")
    if unicodedata.normalize("NFKC", authority) != authority:
        raise ValueError("disguised letters")
    parsed = httpx.URL(url).copy_with(fragment=None)
    host = parsed.raw_host.decode("ascii")
    if literal_address(host) is None:
        if not _NAME.fullmatch(host) or _ENDS_IN_NUMBER.fullmatch(host):
            raise ValueError("host")
        parsed = parsed.copy_with(host=host.rstrip("."))  # certificates name hosts without the final dot
    if parsed.port == 0:
        raise ValueError("port")
    return parsed


def _is_public_name(host: str, port: int) -> bool:
    """Names without a dot and local suffixes are refused unresolved: the answer would depend on our own network."""
    local = any(host == suffix or host.endswith("." + suffix) for suffix in _LOCAL_SUFFIXES)
    return port in PORTS.values() and "." in host and not local


def _canonical(host: str) -> str:
    name = host.strip("[]").rstrip(".").lower()
    address = literal_address(name)
    return name if address is None else str(address)


def _host_and_ports(entry: str) -> set[tuple[str, int]]:
    """Return the (host, port) pairs of an allow-list entry. Raises ValueError when it is neither form."""
    match = _HOST_AND_PORT.fullmatch(entry)
    if match is None:
        raise ValueError(f"allowed_hosts: {entry!r} is not a host, a host:port or a network")
    host = _canonical(match["host"])
    if literal_address(host) is None and (not _NAME.fullmatch(host) or _ENDS_IN_NUMBER.fullmatch(host)):
        raise ValueError(f"allowed_hosts: {match['host']!r} is neither a name nor an address")
    ports = {int(match["port"])} if match["port"] else set(PORTS.values())
    return {(host, port) for port in ports}
