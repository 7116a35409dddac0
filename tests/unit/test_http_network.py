"""One lookup, every answer checked, the checked address connected to, the name kept for TLS and Host."""

import asyncio
import shlex
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.http import FetchFailed, FetchPolicy, GuardedClient, SystemResolver, UrlNotAllowed
from tests.support.http_servers import Detour, Names, by_path, reply, serving

PUBLIC, OTHER_PUBLIC, PUBLIC_V6 = "93.184.216.34", "8.8.8.8", "2a01:cb00::1"


async def test_a_public_name_is_looked_up_once_and_its_address_connected_to() -> None:
    names = Names(data_example_fr=[PUBLIC])
    async with serving(reply(b"a;b\n")) as server:
        sockets = Detour(server.port)
        async with GuardedClient(FetchPolicy(), names, sockets=sockets) as client:
            fetched = await client.get("http://data.example.fr/x.csv", max_bytes=100)
    assert fetched.body == b"a;b\n"
    assert names.lookups == ["data.example.fr"]
    assert sockets.opened == [(PUBLIC, 80)]
    assert server.asked[0].headers["host"] == "data.example.fr"


async def test_rebinding_finds_no_second_lookup() -> None:
    """The record moves to the metadata address right after the first lookup: nobody asks again."""
    names = Names(data_example_fr=[[PUBLIC], ["169.254.169.254"]])
    async with serving(reply(b"ok")) as server:
        sockets = Detour(server.port)
        async with GuardedClient(FetchPolicy(), names, sockets=sockets) as client:
            await client.get("http://data.example.fr/", max_bytes=100)
            with pytest.raises(UrlNotAllowed):
                await client.get("http://data.example.fr/", max_bytes=100)
    assert sockets.opened == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "answers",
    [
        [PUBLIC, "10.0.0.1"],
        ["127.0.0.1", PUBLIC],
        [PUBLIC, OTHER_PUBLIC, "::1"],
        [PUBLIC_V6, "::ffff:192.168.1.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1%eth0"],
        [PUBLIC_V6 + "%eth0"],
        ["0.0.0.0"],
        ["not an address"],
        [f"8.8.{n // 250}.{n % 250 + 1}" for n in range(300)],
    ],
)
async def test_one_private_answer_condemns_the_name(answers: list[str]) -> None:
    sockets = Detour()
    async with GuardedClient(FetchPolicy(), Names(data_example_fr=answers), sockets=sockets) as client:
        with pytest.raises(UrlNotAllowed):
            await client.get("http://data.example.fr/", max_bytes=100)
    assert not sockets.opened


async def test_every_refusal_reads_the_same() -> None:
    names = Names(intern_example_fr=["10.0.0.1"], mixed_example_fr=[PUBLIC, "127.0.0.1"])
    documents = []
    async with GuardedClient(FetchPolicy(), names, sockets=Detour()) as client:
        for url in ("http://intern.example.fr/", "http://mixed.example.fr/", "http://127.1/", "ftp://x.fr/"):
            with pytest.raises(UrlNotAllowed) as caught:
                await client.get(url, max_bytes=100)
            documents.append(caught.value.body())
    assert len(set(documents)) == 1


async def test_the_port_of_a_private_network_does_not_open_public_ones() -> None:
    """A network in the allow-list delays the port check until the address is known; it does not lift it."""
    sockets = Detour()
    policy = FetchPolicy(allowed_hosts=("10.0.0.0/8",))
    async with GuardedClient(policy, Names(data_example_fr=[PUBLIC]), sockets=sockets) as client:
        with pytest.raises(UrlNotAllowed):
            await client.get("http://data.example.fr:8080/", max_bytes=100)
        with pytest.raises(UrlNotAllowed):
            await client.get("http://93.184.216.34:8080/", max_bytes=100)
    assert not sockets.opened


async def test_a_redirect_to_a_private_place_is_refused_before_any_socket() -> None:
    names = Names(data_example_fr=[PUBLIC], intern_example_fr=["10.0.0.1"])
    for location in (
        "http://127.0.0.1/",
        "http://intern.example.fr/",
        "//169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "http://2130706433/",
        "http://127。0。0。1/",
        "http://user@data.example.fr/",
        "http://data.example.fr:22/",
        "file:///etc/passwd",
        "http://exa\x00mple.fr/",
        "http://[",
        "javascript:alert(1)",
    ):
        async with serving(reply(status=302, location=location.encode().decode("latin-1"))) as server:
            sockets = Detour(server.port)
            async with GuardedClient(FetchPolicy(), names, sockets=sockets) as client:
                with pytest.raises((UrlNotAllowed, FetchFailed)) as caught:
                    await client.get("http://data.example.fr/", max_bytes=100)
                if "\x00" not in location:  # the answer itself is not HTTP then
                    assert isinstance(caught.value, UrlNotAllowed), location
        assert sockets.opened == [(PUBLIC, 80)], location


async def test_redirects_are_followed_five_times_and_no_more() -> None:
    def hop(number: int) -> object:
        return reply(status=[301, 302, 303, 307, 308][number % 5], location=f"/h{number + 1}")

    site = by_path(**{f"h{n}": hop(n) for n in range(6)}, h6=reply(b"end"))  # type: ignore[arg-type]
    async with serving(site) as server, GuardedClient(_local(server.port)) as client:
        fetched = await client.get(server.url("/h1"), max_bytes=100)
        assert (fetched.body, fetched.url) == (b"end", server.url("/h6"))
        server.asked.clear()
        with pytest.raises(FetchFailed) as caught:
            await client.get(server.url("/h0"), max_bytes=100)
        assert caught.value.reason == "redirects"
        assert [asked.target for asked in server.asked] == [f"/h{n}" for n in range(6)]


async def test_a_redirect_may_hold_spaces_and_accents() -> None:
    location = "/Budget 2024/délib.csv?é=1".encode().decode("latin-1")
    site = by_path(go=reply(status=302, location=location))
    async with serving(site) as server, GuardedClient(_local(server.port)) as client:
        with pytest.raises(FetchFailed):
            await client.get(server.url("/go"), max_bytes=100)
    assert server.asked[1].target == "/Budget%202024/d%C3%A9lib.csv?%C3%A9=1"


async def test_secrets_do_not_follow_a_redirect_to_another_origin() -> None:
    names = Names(one_example_fr=[PUBLIC], two_example_fr=[OTHER_PUBLIC])
    secrets = {"Authorization": "Bearer s", "X-Api-Key": "k", "Cookie": "c=1", "Accept": "text/csv"}
    async with serving(by_path(here=reply(status=302, location="http://two.example.fr/there"))) as server:
        sockets = Detour(server.port)
        async with GuardedClient(FetchPolicy(), names, sockets=sockets) as client:
            with pytest.raises(FetchFailed):
                await client.get("http://one.example.fr/here", max_bytes=100, headers=secrets)
    first, second = server.asked
    assert {"authorization", "x-api-key", "cookie", "accept"} <= first.headers.keys()
    assert "accept" in second.headers
    assert not {"authorization", "x-api-key", "cookie"} & second.headers.keys()


async def test_a_caller_cannot_choose_host_or_encoding() -> None:
    async with serving(reply(b"ok")) as server, GuardedClient(_local(server.port)) as client:
        headers = {"Host": "evil", "Accept-Encoding": "br", "Transfer-Encoding": "chunked"}
        await client.get(server.url(), max_bytes=100, headers=headers)
    seen = server.asked[0].headers
    assert (seen["host"], seen["accept-encoding"]) == (f"127.0.0.1:{server.port}", "identity")
    assert "transfer-encoding" not in seen


async def test_a_dead_address_gives_way_to_the_next() -> None:
    answers = [PUBLIC_V6, "2a01:cb00::2", "2a01:cb00::3", "2a01:cb00::4", PUBLIC]
    async with serving(reply(b"ok")) as server:
        sockets = Detour(server.port, dead=answers[:4])
        async with GuardedClient(FetchPolicy(), Names(data_example_fr=answers), sockets=sockets) as client:
            assert (await client.get("http://data.example.fr/", max_bytes=10)).body == b"ok"
    assert sockets.opened == [(PUBLIC_V6, 80), (PUBLIC, 80)]


async def test_many_dead_addresses_cost_four_attempts() -> None:
    answers = [f"8.8.8.{n}" for n in range(1, 60)]
    sockets = Detour(dead=answers)
    async with GuardedClient(FetchPolicy(), Names(data_example_fr=answers), sockets=sockets) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get("http://data.example.fr/", max_bytes=10)
    assert caught.value.reason == "connection"
    assert len(sockets.opened) == 4


async def test_unknown_names_closed_ports_and_slow_resolvers_are_named() -> None:
    class Stuck:
        async def resolve(self, host: str, port: int) -> list[str]:
            await asyncio.sleep(60)
            return []

    async with serving(reply(b"")) as server:
        closed = server.port
    async with GuardedClient(_local(closed), Names()) as client:
        for url in ("http://nowhere.example.fr/", f"http://127.0.0.1:{closed}/"):
            with pytest.raises(FetchFailed) as caught:
                await client.get(url, max_bytes=10)
            assert caught.value.reason == "connection"
    async with GuardedClient(FetchPolicy(connect_timeout=0.1), Stuck()) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get("http://data.example.fr/", max_bytes=10)
    assert caught.value.reason == "timeout"


async def test_the_system_resolver_answers_for_this_machine() -> None:
    assert "127.0.0.1" in await SystemResolver().resolve("localhost", 80)


async def test_the_environment_chooses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(reply(b"direct")) as server, serving(reply(b"proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        async with GuardedClient(_local(server.port)) as client:
            assert (await client.get(server.url(), max_bytes=100)).body == b"direct"
    assert not proxy.asked


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate (with its key) for data.example.fr, signed by itself, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        shlex.split(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
            " -keyout key.pem -out cert.pem -subj /CN=data.example.fr -addext subjectAltName=DNS:data.example.fr"
        ),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"openssl makes no certificate: TLS was NOT checked ({made.stderr.decode()})")
    return folder


@asynccontextmanager
async def serving_tls(folder: Path) -> AsyncIterator[tuple[int, list[str | None]]]:
    """Run an HTTPS server; gives its port and the server names (SNI) it was asked for."""
    asked_names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda _socket, name, _context: asked_names.append(name)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1], asked_names
    finally:
        listener.close()


async def test_tls_is_asked_and_checked_for_the_name_not_the_address(certificate: Path) -> None:
    names = Names(data_example_fr=[PUBLIC], other_example_fr=[PUBLIC])
    policy = FetchPolicy(ca_file=str(certificate / "cert.pem"))
    async with serving_tls(certificate) as (port, asked_names):
        sockets = Detour(port)
        async with GuardedClient(policy, names, sockets=sockets) as client:
            assert (await client.get("https://data.example.fr./x", max_bytes=10)).body == b"ok"
            with pytest.raises(FetchFailed) as caught:
                await client.get("https://other.example.fr/x", max_bytes=10)
    assert asked_names == ["data.example.fr", "other.example.fr"]
    assert sockets.opened == [(PUBLIC, 443), (PUBLIC, 443)]
    assert caught.value.reason == "connection"


async def test_a_certificate_nobody_signed_is_refused(certificate: Path) -> None:
    names = Names(data_example_fr=[PUBLIC])
    async with (
        serving_tls(certificate) as (port, _),
        GuardedClient(FetchPolicy(), names, sockets=Detour(port)) as client,
    ):
        with pytest.raises(FetchFailed) as caught:
            await client.get("https://data.example.fr/x", max_bytes=10)
    assert caught.value.reason == "connection"


def _local(port: int) -> FetchPolicy:
    return FetchPolicy(allowed_hosts=(f"127.0.0.1:{port}",))
