"""Outgoing HTTP to addresses given by others: the only place where a URL from a payload is dereferenced.

`policy` says what may be reached, `addresses` which IP addresses are public, `network` resolves and connects,
`body` reads an answer within its limits, `answers` is what comes back, `client` puts them together, `errors` names
what can go wrong.
"""

from shared.http.answers import Fetched, Incoming
from shared.http.client import GuardedClient
from shared.http.errors import FetchFailed, FetchReason, UrlNotAllowed
from shared.http.network import HostUnknown, Resolver, SystemResolver
from shared.http.policy import FetchPolicy

__all__ = [
    "FetchFailed",
    "FetchPolicy",
    "FetchReason",
    "Fetched",
    "GuardedClient",
    "HostUnknown",
    "Incoming",
    "Resolver",
    "SystemResolver",
    "UrlNotAllowed",
]
