"""Addresses that must never be fetched, held against two independent guards."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import drawbridge
import httpx
import pytest
import ssrfguard
from drawbridge._validator import resolve_and_validate
from hypothesis import given
from hypothesis import strategies as st

from shared.http import FetchPolicy, GuardedClient, UrlNotAllowed
from shared.http.addresses import is_public
from tests.support.http_servers import Detour, Names

# One machine-private address, spelled in every way some parser understands, and every other private range.
HOSTILE_HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7F.1", "0177.0.0.1",
    "017700000001", "127.0.0.1.", "127.000.000.001", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.",
    "api.localhost", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌocalhost", "localhost\u00ad", "loc\u200dalhost", "%31%32%37.0.0.1", "127.0.0.1%00.example.fr",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001:db8::1]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "[100::1]", "[3fff::1]", "[5f00::1]", "[2001:2::1]", "[2001:20::1]", "[v1.127.0.0.1]", "[::1", "::1",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.100.100.200", "0.1.2.3", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
    "redis", "postgres", "printer.local", "metadata.google.internal", "1.0.0.127.in-addr.arpa", "x.onion",
    "", ".", "..", "exa mple.fr", "exämple\u2024fr", "-", "a..b.fr", "*.example.fr", "[", "]", "1.2.3.4.5", "1.2.3.256",
    "8.8.8.8.", "08.8.8.8", "a" * 64 + ".fr", ("a" * 60 + ".") * 5 + "fr",
]  # fmt: skip

HOSTILE_URLS = [
    *(f"http://{host}/x.csv" for host in HOSTILE_HOSTS),
    "https://127.0.0.1/", "HTTP://127.0.0.1/", "http://127.0.0.1:80/", "http:///127.0.0.1/", "http:127.0.0.1",
    "http:/127.0.0.1/", "//127.0.0.1/", "/x.csv", "x.csv", "", "http://", "https://", "http://?", "http://#",
    "file:///etc/passwd", "ftp://example.fr/x", "gopher://example.fr:70/", "dict://example.fr:11211/", "data:,a",
    "jar:http://example.fr!/", "javascript:alert(1)", "ws://example.fr/", "unix:///run/x", "redis://example.fr/",
    "http+unix://%2Frun%2Fx/", "view-source:http://example.fr/", "ldap://example.fr/", "netdoc:///etc/passwd",
    "http://user@example.fr/", "http://user:pass@example.fr/", "http://:pass@example.fr/", "http://@example.fr/",
    "http://example.fr@127.0.0.1/", "http://127.0.0.1@example.fr/", "http://a@b@127.0.0.1/", "http://%40@example.fr/",
    "http://example.fr\\@127.0.0.1/", "http://example.fr\\.127.0.0.1/", "http:\\\\127.0.0.1\\", "http://127.0.0.1\\x",
    "http://example.fr:22/", "http://example.fr:6379/", "http://example.fr:8080/", "http://example.fr:0/",
    "http://example.fr:65536/", "http://example.fr:99999999999/", "http://example.fr:-80/", "http://example.fr:8O/",
    "http://example.fr:80:80/", "http://example.fr: 80/", "http://example.fr:８０/", "http://8.8.8.8:53/",
    "http://exam\tple.fr/", "http://exam\nple.fr/", "http://exam\rple.fr/", "http://example.fr/\r\nHost: x",
    "http://example.fr/a b", " http://example.fr/", "http://example.fr/ ", "\x00http://example.fr/",
    "http://example.fr/\x00", "http://example.fr/\x7f", "http://example.fr\u2028/", "http://example.fr/\ud800",
    "http://example.fr/" + "a" * 9000, "http://" + "a" * 9000, "http://[::1]x/", "http://[::ffff:8.8.8.8]/",
    "http://[64:ff9b::8.8.8.8]/", "http://168.63.129.16/metadata",
]  # fmt: skip

ACCEPTABLE_URLS = [
    "http://example.fr", "https://example.fr/", "HTTPS://EXAMPLE.FR/a", "http://example.fr:80/", "https://example.fr:443",
    "http://example.fr:443/", "https://www.data-ville.example.fr/d%C3%A9lib.csv?x=1&y=%20#fragment", "http://example.fr:/",
    "https://mairie-évreux.fr/données/budget.csv", "https://xn--mairie-vreux-heb.fr/", "https://example.fr./x",
    "http://8.8.8.8/x", "https://[2a01:cb00::1]/x", "https://open_data.example.fr/", "https://1.example.fr/",
    "https://example.fr/@x?u=http://127.0.0.1/", "https://127.0.0.1.example.fr/", "https://0x7f.example.fr",
]  # fmt: skip


def refused(url: str) -> bool:
    """Tell whether the default policy refuses `url` before resolving anything."""
    try:
        FetchPolicy().check_url(url)
    except UrlNotAllowed:
        return True
    return False


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_a_hostile_url_is_refused_with_no_lookup_and_no_socket(url: str) -> None:
    names, sockets = Names(example_fr=["93.184.216.34"]), Detour()
    async with GuardedClient(FetchPolicy(), names, sockets=sockets) as client:
        for call in (client.get(url, max_bytes=10), client.head(url), client.post(url, b"{}")):
            with pytest.raises(UrlNotAllowed) as caught:
                await call
            assert caught.value.document() == UrlNotAllowed().document()
    assert not sockets.opened
    assert not names.lookups


@pytest.mark.parametrize("url", ACCEPTABLE_URLS)
def test_an_ordinary_url_is_accepted(url: str) -> None:
    assert FetchPolicy().check_url(url).scheme in ("http", "https")


def test_the_parsed_url_is_what_is_connected_to() -> None:
    url = FetchPolicy().check_url("https://Mairie-Évreux.fr./données?q=é#bas")
    assert (url.raw_host, url.raw_path) == (b"xn--mairie-vreux-heb.fr", b"/donn%C3%A9es?q=%C3%A9")


def ssrfguard_refuses(url: str) -> bool:
    try:
        ssrfguard.Policy().check_url(url)
    except (ssrfguard.SSRFGuardError, UnicodeError):
        return True
    return False


def drawbridge_refuses(url: str) -> bool:
    """Names are left alone: they would be resolved for real."""
    policy = drawbridge.Policy(allow_ports=[80, 443])  # type: ignore[arg-type]
    try:
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https"):
            return True
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        host = parsed.raw_host.decode("ascii")
        if port not in policy.allow_ports:
            return True
        ip_address(host)
    except (httpx.InvalidURL, UnicodeError):
        return True
    except ValueError:
        return False
    try:
        asyncio.run(resolve_and_validate(host, port, policy))
    except drawbridge.DrawbridgeError:
        return True
    return False


def test_what_another_guard_refuses_we_refuse() -> None:
    urls = HOSTILE_URLS + ACCEPTABLE_URLS
    by_ssrfguard = {url for url in urls if ssrfguard_refuses(url)} - {"https://open_data.example.fr/"}
    by_drawbridge = {url for url in urls if drawbridge_refuses(url)}
    assert len(by_ssrfguard) > 100, "the oracle answers"
    assert len(by_drawbridge) > 60, "the oracle answers"
    assert [url for url in by_ssrfguard | by_drawbridge if not refused(url)] == []


NEAR_PRIVATE = st.sampled_from(
    [
        "0.0.0.0", "10.0.0.0", "100.64.0.0", "127.0.0.0", "169.254.0.0", "172.16.0.0", "192.0.0.0", "192.0.2.0",
        "192.88.99.0", "192.168.0.0", "198.18.0.0", "198.51.100.0", "203.0.113.0", "224.0.0.0", "240.0.0.0",
        "::", "::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "100::", "2001::", "2001:db8::", "2002::", "3fff::", "5f00::",
        "fc00::", "fe80::", "fec0::", "ff00::", "2001:200::", "4000::",
    ]
)  # fmt: skip


@st.composite
def addresses(draw: st.DrawFn) -> IPv4Address | IPv6Address:
    """Any address, often just inside or outside a special range."""
    if draw(st.booleans()):
        return draw(st.ip_addresses())
    base = ip_address(draw(NEAR_PRIVATE))
    number = int(base) + draw(st.integers(-3, 3) | st.integers(0, 2**34))
    return type(base)(number % 2**base.max_prefixlen)


@given(addresses())
def test_an_address_is_public_only_where_both_other_guards_agree(address: IPv4Address | IPv6Address) -> None:
    if not is_public(address):
        return
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert not (inner or address).is_multicast
    assert not (inner or address).is_private
    ssrfguard.Policy().check_url(f"http://[{address}]/" if address.version == 6 else f"http://{address}/")
    if not str(address).startswith("64:ff9b::"):  # refused there as a whole; here judged by what it carries
        asyncio.run(resolve_and_validate(str(address), 80, drawbridge.Policy()))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("192.0.1.1", True),
        ("2a01:cb00::1", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b::10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:808:808::1", False),
        ("2a01:cb00::5efe:10.0.0.1", False),
        ("2a01:cb00::200:5efe:8.8.8.8", False),
        ("168.63.129.16", False),
    ],
)
def test_addresses_that_carry_another_are_judged_by_it_or_refused(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected


PARTS = st.sampled_from(
    ["http", "https", "://", ":", "/", "//", "@", "#", "?", "\\", "%", "[", "]", ".", "127.0.0.1", "::1", "example.fr",
     "80", "443", "22", "0x7f", "localhost", "user", "é", "①", "。", " ", "\t", "\u00ad", "xn--", "10.0.0.1"]
)  # fmt: skip


@given(
    st.text(max_size=60)
    | st.lists(PARTS, max_size=9).map("".join)
    | st.text(max_size=30).map("http://{}/".format)
)
def test_any_text_is_either_refused_or_a_public_place(url: str) -> None:
    try:
        parsed = FetchPolicy().check_url(url)
    except UrlNotAllowed:
        return
    assert parsed.scheme in ("http", "https")
    assert parsed.port in (None, 80, 443)
    assert not parsed.userinfo
    host = parsed.raw_host.decode("ascii")
    assert host == host.lower().strip(".")
    try:
        assert is_public(ip_address(host))
    except ValueError:
        assert "." in host
        assert not host.rpartition(".")[2].isdigit()
    ssrfguard.Policy().check_url(str(parsed).replace("_", "x"))


def test_the_allow_list_opens_what_it_names_and_nothing_else() -> None:
    policy = FetchPolicy(
        allowed_hosts=("geo.intranet", "minio:9000", "10.1.0.0/16", "[fd00::1]:8080", "127.0.0.1")
    )
    for host, port, address in (
        ("geo.intranet", 443, "10.9.9.9"),
        ("GEO.intranet.", 80, "fd12::1"),
        ("minio", 9000, "172.17.0.2"),
        ("anything.example.fr", 5000, "10.1.2.3"),
        ("fd00::1", 8080, "fd00::1"),
        ("127.0.0.1", 80, "127.0.0.1"),
    ):
        assert policy.permits(host, port, ip_address(address)), (host, port, address)
    for host, port, address in (
        ("geo.intranet", 8080, "10.9.9.9"),
        ("sub.geo.intranet", 443, "10.9.9.9"),
        ("minio", 80, "172.17.0.2"),
        ("minio", 9001, "172.17.0.2"),
        ("anything.example.fr", 80, "10.2.0.1"),
        ("fd00::1", 80, "fd00::1"),
        ("127.0.0.1", 6379, "127.0.0.1"),
    ):
        assert not policy.permits(host, port, ip_address(address)), (host, port, address)


def test_the_allow_list_does_not_loosen_the_shape_of_urls() -> None:
    policy = FetchPolicy(allowed_hosts=("0.0.0.0/0", "::/0", "example.fr:8080"))
    for url in (
        "http://user@127.0.0.1/",
        "file:///etc/passwd",
        "http://127.1/",
        "http://example.fr\\@10.0.0.1:8080/",
    ):
        with pytest.raises(UrlNotAllowed):
            policy.check_url(url)


@pytest.mark.parametrize(
    "entry",
    ["http://x/", "10.0.0.0/33", "10.0.0.1/8", "a b", "", "host:", "host:0x50", "user@host", "é.fr", "host/"],
)
def test_a_wrong_allow_list_is_refused_at_start(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FetchPolicy(allowed_hosts=(entry,))


def test_our_own_names_are_refused() -> None:
    policy = FetchPolicy(refused_hosts=("Socle.example.fr",))
    for url in ("https://socle.example.fr/catalog/v1/datasets", "https://SOCLE.example.fr./"):
        with pytest.raises(UrlNotAllowed):
            policy.check_url(url)
    policy.check_url("https://autre.example.fr/")


def test_the_refusal_is_a_problem_in_both_languages() -> None:
    document = UrlNotAllowed().document()
    assert document["status"] == 422
    assert str(document["type"]).endswith(":url-not-allowed")
    assert document["detail"] != document["detail_en"]


def test_getaddrinfo_understands_the_disguises() -> None:
    """Why spelling is checked at all: the system turns these into loopback."""
    for disguise in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1"):
        assert socket.inet_ntoa(socket.inet_aton(disguise)) == "127.0.0.1"
