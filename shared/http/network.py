"""Resolving a name once and connecting to the very address that was checked."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address
from itertools import chain, zip_longest
from typing import Protocol

import httpcore

from shared.http.addresses import IPAddress
from shared.http.errors import UrlNotAllowed
from shared.http.policy import FetchPolicy, literal_address

MAX_CONNECTION_ATTEMPTS = 4
MAX_ANSWERS = 64

# Threads that wait for the name servers of strangers, apart from those that do our own work: a lookup cannot be
# cancelled, only forgotten.
_LOOKUPS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


class HostUnknown(Exception):
    """The name has no address, or its name servers do not say."""


class Resolver(Protocol):
    """Turns a host name into addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of `host`, in order of preference. Raises HostUnknown."""


class SystemResolver:
    """The machine's own resolver (hosts file, then DNS)."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of `host`, in the order of RFC 6724. Raises HostUnknown."""
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(_LOOKUPS, _getaddrinfo, host, port)
        except (OSError, UnicodeError) as error:
            raise HostUnknown(host) from error
        return answers


def _getaddrinfo(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Network backend of httpcore that only connects where the policy permits.

    httpcore keeps the name for TLS (SNI and certificate) and Host; only the socket is told the address.
    """

    def __init__(
        self, policy: FetchPolicy, resolver: Resolver, sockets: httpcore.AsyncNetworkBackend
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._sockets = sockets

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to `host` within `timeout` seconds, resolution included.

        Raises UrlNotAllowed if any of its addresses is not permitted, whether it would be used or not.
        """
        allowed = timeout if timeout is not None else self._policy.connect_timeout
        try:
            async with asyncio.timeout(allowed):
                addresses = await self._addresses(host, port)
                return await self._connect(addresses, port, allowed, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(host) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a URL never leads to a unix socket."""
        raise UrlNotAllowed

    async def sleep(self, seconds: float) -> None:
        """Wait between connection attempts."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[IPAddress]:
        literal = literal_address(host)
        if literal is not None:
            addresses = [literal]
        else:
            try:
                answers = await self._resolver.resolve(host, port)
            except HostUnknown as error:
                raise httpcore.ConnectError(host) from error
            addresses = _parsed(answers)
        if not all(self._policy.permits(host, port, address) for address in addresses):
            raise UrlNotAllowed
        return addresses

    async def _connect(
        self,
        addresses: list[IPAddress],
        port: int,
        allowed: float,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the addresses in turn, each with an equal share of the time left, so that a dead one costs little."""
        candidates = _alternated(addresses)[:MAX_CONNECTION_ATTEMPTS]
        deadline = asyncio.get_running_loop().time() + allowed
        failure: Exception = httpcore.ConnectError("no address")
        for tried, address in enumerate(candidates):
            share = (deadline - asyncio.get_running_loop().time()) / (len(candidates) - tried)
            try:
                return await self._sockets.connect_tcp(
                    str(address), port, timeout=share, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _parsed(answers: Sequence[str]) -> list[IPAddress]:
    """An answer with a zone (`fe80::1%eth0`) or that is no address at all condemns the name."""
    if not answers:
        raise httpcore.ConnectError("no address")
    try:
        addresses = [ip_address(answer) for answer in answers]
    except ValueError:
        raise UrlNotAllowed from None
    if len(addresses) > MAX_ANSWERS or any(
        isinstance(address, IPv6Address) and address.scope_id is not None for address in addresses
    ):
        raise UrlNotAllowed
    return addresses


def _alternated(addresses: Sequence[IPAddress]) -> list[IPAddress]:
    """Order IPv6 and IPv4 addresses in turn, the family of the first one first (as RFC 8305, section 4)."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    return [address for address in chain(*zip_longest(first, other)) if address is not None]
