"""Answers that are too long, too slow, cut, compressed to death or simply not data."""

import asyncio
import gzip
import hashlib
import itertools
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from shared.http import Fetched, FetchFailed, FetchPolicy, GuardedClient
from tests.support.http_servers import Answer, Asked, by_path, endless, raw, reply, serving

OK = b"HTTP/1.1 200 OK\r\n"
QUICK = FetchPolicy(
    allowed_hosts=("127.0.0.0/8",),
    connect_timeout=2,
    read_timeout=0.3,
    headers_timeout=0.5,
    total_timeout=1.5,
    min_speed=2000,
    speed_window=0.5,
)


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    """A client with small limits that may reach this machine."""
    async with GuardedClient(QUICK) as client:
        yield client


async def failure(
    client: GuardedClient, answer: Answer, *, max_bytes: int = 10**6, html: bool = False
) -> FetchFailed:
    """Fetch from a server that answers so, and return the failure; nothing may have been kept by the sink then."""
    async with serving(answer) as server:
        with pytest.raises(FetchFailed) as caught:
            await client.get(server.url(), max_bytes=max_bytes, refuse_html=html)
    return caught.value


async def test_an_answer_is_given_whole_with_its_fingerprint(client: GuardedClient) -> None:
    body = bytes(range(256)) * 2000
    received: list[bytes] = []

    async def sink(piece: bytes) -> None:
        received.append(piece)

    answer = reply(body, etag='"v1"', last_modified="Mon, 02 Jan 2023 00:00:00 GMT", content_type="text/csv")
    async with serving(answer) as server:
        whole = await client.get(server.url("/x.csv"), max_bytes=len(body))
        sunk = await client.get(server.url("/x.csv"), max_bytes=len(body), sink=sink)
    assert whole == Fetched(
        status=200,
        url=server.url("/x.csv"),
        headers=whole.headers,
        body=body,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        etag='"v1"',
        last_modified="Mon, 02 Jan 2023 00:00:00 GMT",
        not_modified=False,
    )
    assert whole.headers["Content-Type"] == "text/csv"
    assert (sunk.body, sunk.sha256, b"".join(received)) == (None, whole.sha256, body)


async def test_a_conditional_request_may_find_nothing_new(client: GuardedClient) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        known = asked.headers.get("if-none-match") == '"v1"'
        await (raw(b"HTTP/1.1 304 x\r\n\r\n") if known else reply(b"new", etag='"v2"'))(asked, writer)

    async with serving(answer) as server:
        same = await client.get(
            server.url(), max_bytes=10, etag='"v1"', last_modified="Mon, 02 Jan 2023 00:00:00 GMT"
        )
        changed = await client.get(server.url(), max_bytes=10, etag='"v0"')
        strange = await client.get(server.url(), max_bytes=10, etag='"é\r\nX-Injected: 1"')
    assert (same.not_modified, same.size) == (True, 0)
    assert (changed.not_modified, changed.body, strange.body) == (False, b"new", b"new")
    assert server.asked[0].headers["if-modified-since"] == "Mon, 02 Jan 2023 00:00:00 GMT"
    assert "x-injected" not in server.asked[2].headers


async def test_a_304_that_nobody_asked_for_is_an_error(client: GuardedClient) -> None:
    error = await failure(client, raw(b"HTTP/1.1 304 x\r\n\r\n"))
    assert (error.reason, error.http_status) == ("http-status", 304)


@pytest.mark.parametrize("status", [206, 300, 302, 400, 401, 403, 404, 410, 429, 500, 503, 599])
async def test_a_status_that_is_no_success_is_named(client: GuardedClient, status: int) -> None:
    error = await failure(client, reply(b"sorry", status=status))
    assert (error.reason, error.http_status) == ("http-status", status)
    assert error.document()["http_status"] == status


async def test_a_size_announced_too_large_is_refused_unread(client: GuardedClient) -> None:
    sent = 0

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(OK + b"Content-Length: 10000000000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    error = await failure(client, answer, max_bytes=10**9)
    assert (error.reason, error.extra["limit"]) == ("too-large", 10**9)
    assert sent < 6_000_000


@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n\r\n", b"Connection: close\r\n\r\n"])
async def test_an_endless_body_stops_at_the_limit(client: GuardedClient, head: bytes) -> None:
    part = b"x" * 10000
    framed = b"2710\r\n" + part + b"\r\n" if b"chunked" in head else part
    received = 0

    async def sink(piece: bytes) -> None:
        nonlocal received
        received += len(piece)

    async with serving(endless(OK + head, itertools.repeat(framed))) as server:
        with pytest.raises(FetchFailed) as caught:
            await client.get(server.url(), max_bytes=500_000, sink=sink)
    assert caught.value.reason == "too-large"
    assert received <= 500_000


async def test_exactly_the_limit_is_accepted(client: GuardedClient) -> None:
    for framing in (
        b"Content-Length: 5\r\n\r\n12345",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
    ):
        async with serving(raw(OK + framing)) as server:
            assert (await client.get(server.url(), max_bytes=5)).body == b"12345"
            with pytest.raises(FetchFailed):
                await client.get(server.url(), max_bytes=4)


def bomb(encoding: str, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits={"gzip": 31, "deflate": 15, "raw": -15}[encoding])
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_bomb_stops_at_the_limit_in_little_memory(
    client: GuardedClient, encoding: str
) -> None:
    packed = bomb(encoding, 400)
    assert len(packed) < 500_000
    answer = reply(packed, content_encoding=encoding)

    async def sink(piece: bytes) -> None:
        assert len(piece) <= 65536

    async with serving(answer) as server:
        tracemalloc.start()
        with pytest.raises(FetchFailed) as caught:
            await client.get(server.url(), max_bytes=5_000_000, sink=sink)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.reason == "too-large"
    assert peak < 8_000_000


async def test_a_bomb_does_not_hold_up_others(client: GuardedClient) -> None:
    """While 100 MB inflate out of one packet, another task has its turn between all pieces."""
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def sink(piece: bytes) -> None:
        return None

    async with serving(reply(bomb("gzip", 100), content_encoding="gzip")) as server:
        ticking = asyncio.create_task(tick())
        await client.get(server.url(), max_bytes=10**9, sink=sink)
        ticking.cancel()
    assert turns > 100_000_000 / 65536


async def test_compressed_bytes_that_yield_nothing_stop_too(client: GuardedClient) -> None:
    empty_blocks = b"\x00\x00\x00\xff\xff" * 2000
    error = await failure(
        client, endless(OK + b"Content-Encoding: deflate\r\n\r\n", itertools.repeat(empty_blocks))
    )
    assert error.reason == "too-large"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "deflate"])
async def test_a_server_that_compresses_unasked_is_understood(client: GuardedClient, encoding: str) -> None:
    text = "commune;montant\nÉvreux;12\n".encode() * 5000
    packed = zlib.compress(text) if encoding == "deflate" else gzip.compress(text)
    async with serving(reply(packed, content_encoding=encoding)) as server:
        assert (await client.get(server.url(), max_bytes=10**6)).body == text
        with pytest.raises(FetchFailed):
            await client.get(server.url(), max_bytes=len(text) - 1)


async def test_gzip_in_members_with_padding_and_bare_deflate_are_understood(client: GuardedClient) -> None:
    members = gzip.compress(b"one,") + gzip.compress(b"two") + bytes(512)
    bare = zlib.compressobj(wbits=-15)
    for packed, encoding, expected in (
        (members, "gzip", b"one,two"),
        (bare.compress(b"bare") + bare.flush(), "deflate", b"bare"),
        (b"", "gzip", b""),
    ):
        async with serving(reply(packed, content_encoding=encoding)) as server:
            assert (await client.get(server.url(), max_bytes=100)).body == expected


@pytest.mark.parametrize(
    ("packed", "encoding", "reason"),
    [
        (gzip.compress(b"x" * 100)[:-9], "gzip", "truncated"),
        (gzip.compress(b"x" * 100)[:5], "gzip", "truncated"),
        (gzip.compress(b"a") + gzip.compress(b"b" * 100)[:-9], "gzip", "truncated"),
        (zlib.compress(b"x" * 100)[:-5], "deflate", "truncated"),
        (b"plain text", "gzip", "encoding"),
        (b"\xff\xff\xff\xff", "deflate", "encoding"),
        (gzip.compress(b"x") + b"rubbish", "gzip", "encoding"),
        (gzip.compress(b"x" * 100)[:-8] + b"\0\0\0\0\0\0\0\1", "gzip", "encoding"),
        (b"x", "br", "encoding"),
        (b"x", "zstd", "encoding"),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip", "encoding"),
    ],
    ids=range(11),
)
async def test_bad_compression_is_named(
    client: GuardedClient, packed: bytes, encoding: str, reason: str
) -> None:
    assert (await failure(client, reply(packed, content_encoding=encoding))).reason == reason


async def test_a_gzip_file_is_not_unpacked(client: GuardedClient) -> None:
    """A .csv.gz without Content-Encoding is the file itself."""
    packed = gzip.compress(b"a;b")
    async with serving(reply(packed, content_type="application/gzip")) as server:
        assert (await client.get(server.url(), max_bytes=1000)).body == packed


@pytest.mark.parametrize(
    "answer",
    [
        raw(OK + b"Content-Length: 100\r\n\r\nonly this"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nFF\r\n123"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n123"),
    ],
    ids=["short of its length", "no last chunk", "within a chunk", "no chunk size"],
)
async def test_a_body_cut_short_is_named(client: GuardedClient, answer: Answer) -> None:
    assert (await failure(client, answer)).reason == "truncated"


async def test_one_byte_after_another_is_too_slow(client: GuardedClient) -> None:
    drip = endless(OK + b"Content-Length: 100000\r\n\r\n", itertools.repeat(b"x"), pause=0.05)
    error = await failure(client, drip)
    assert (error.reason, error.extra["limit"]) == ("too-slow", 2000)


async def test_silence_in_the_body_is_a_timeout(client: GuardedClient) -> None:
    answer = raw(OK + b"Content-Length: 10\r\n\r\n12", b"345", pause=1.2)
    assert (await failure(client, answer)).reason == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"", b"HTTP/1.1 200 OK\r\n\r\n", pause=1.2),
        endless(OK, itertools.repeat(b"X-Header: 1\r\n"), pause=0.1),
        endless(b"", itertools.repeat(b"H"), pause=0.1),
        endless(b"", itertools.repeat(b"HTTP/1.1 103 x\r\n\r\n"), pause=0.05),
    ],
    ids=["silence", "header after header", "letter after letter", "hint after hint"],
)
async def test_headers_that_never_end_are_a_timeout(client: GuardedClient, answer: Answer) -> None:
    error = await failure(client, answer)
    assert error.reason == "timeout"
    assert error.extra["limit"] in (0.3, 0.5), "the limits of the headers, not of the whole"


async def test_the_whole_has_a_limit_however_fast_each_part(client: GuardedClient) -> None:
    steady = endless(OK + b"Content-Length: 10000000\r\n\r\n", itertools.repeat(b"x" * 1000), pause=0.05)
    error = await failure(client, steady, max_bytes=10**8)
    assert (error.reason, error.extra["limit"]) == ("timeout", 1.5)


async def test_a_slow_sink_is_not_the_servers_fault(client: GuardedClient) -> None:
    async def slow(piece: bytes) -> None:
        await asyncio.sleep(0.1)

    async with serving(raw(OK + b"Content-Length: 700\r\n\r\n", *[b"x" * 100] * 7, pause=0.01)) as server:
        assert (await client.get(server.url(), max_bytes=1000, sink=slow)).size == 700


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        raw(b"\0\0\0\0\r\n\r\n"),
        raw(b"SSH-2.0-OpenSSH\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        raw(OK + b"X: " + b"a" * 300_000 + b"\r\n\r\n"),
        raw(OK + b"".join(b"X-%d: 1\r\n" % n for n in range(50_000)) + b"\r\n"),
    ],
    ids=["nothing", "NUL", "SSH", "length below 0", "two lengths", "coding", "long header", "many headers"],
)
async def test_what_is_not_http_is_a_failed_connection(client: GuardedClient, answer: Answer) -> None:
    assert (await failure(client, answer)).reason == "connection"


LOGIN = b"<!DOCTYPE html>\n<html><body><form action=/login></form></body></html>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (LOGIN, "text/html; charset=utf-8"),
        (LOGIN, "text/csv"),
        (b"\xef\xbb\xbf \r\n" + LOGIN, "application/octet-stream"),
        (b"<!-- portal v2 -->" + b"\n" * 100 + LOGIN, "text/csv"),
        (LOGIN.decode().encode("utf-16"), "text/csv"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "application/xml"),
        (b"<p>Session expir\xc3\xa9e</p>", "TEXT/HTML"),
        (LOGIN + b"x" * 100_000, "text/csv"),
        (b"<html>", ""),
    ],
)
async def test_a_web_page_instead_of_data_is_named(
    client: GuardedClient, body: bytes, content_type: str
) -> None:
    received: list[bytes] = []

    async def sink(piece: bytes) -> None:
        received.append(piece)

    async with serving(reply(body, content_type=content_type)) as server:
        with pytest.raises(FetchFailed) as caught:
            await client.get(server.url(), max_bytes=10**6, sink=sink, refuse_html=True)
        assert (await client.get(server.url(), max_bytes=10**6)).body == body
    assert caught.value.reason == "html-page"
    assert not received


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"nom;texte\nA;<html>\n", "text/html"),
        (b"", "text/html"),
        (b'<?xml version="1.0"?><marches><marche/></marches>', "application/xml"),
        (b'{"type": "FeatureCollection"}', "text/html"),
        (b"<" + b"a" * 5000 + b"<html>", "text/csv"),
    ],
)
async def test_data_is_not_taken_for_a_web_page(
    client: GuardedClient, body: bytes, content_type: str
) -> None:
    chunked = OK + b"Content-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % content_type.encode()
    framed = b"".join(b"1\r\n" + body[n : n + 1] + b"\r\n" for n in range(len(body))) + b"0\r\n\r\n"
    async with serving(raw(chunked + framed)) as server:
        assert (await client.get(server.url(), max_bytes=10**6, refuse_html=True)).body == body


async def test_a_failing_sink_closes_the_connection(client: GuardedClient) -> None:
    gone = asyncio.Event()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        try:
            await endless(OK + b"\r\n", itertools.repeat(b"x" * 10000))(asked, writer)
        except ConnectionError:
            gone.set()

    async def full(piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    async with serving(answer) as server:
        with pytest.raises(OSError, match="No space left"):
            await client.get(server.url(), max_bytes=10**9, sink=full)
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_cancelled_fetch_closes_the_connection(client: GuardedClient) -> None:
    gone = asyncio.Event()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        try:
            await endless(OK + b"\r\n", itertools.repeat(b"x" * 10000), pause=0.01)(asked, writer)
        except ConnectionError:
            gone.set()

    async with serving(answer) as server:
        fetching = asyncio.create_task(client.get(server.url(), max_bytes=10**9))
        await asyncio.sleep(0.2)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_timeout_of_the_caller_stays_the_callers(client: GuardedClient) -> None:
    async def impatient(url: str) -> None:
        async with client.stream(url, max_bytes=10), asyncio.timeout(0.01):
            await asyncio.sleep(1)

    async with serving(reply(b"ok")) as server:
        with pytest.raises(TimeoutError):
            await impatient(server.url())


async def test_many_at_once_share_the_connections() -> None:
    policy = FetchPolicy(allowed_hosts=("127.0.0.0/8",), max_connections=5)
    slowly = raw(OK + b"Content-Length: 2\r\n\r\n", b"ok", pause=0.05)
    async with serving(slowly) as server, GuardedClient(policy) as client:
        answers = await asyncio.gather(*(client.get(server.url(f"/{n}"), max_bytes=9) for n in range(40)))
    assert [answer.body for answer in answers] == [b"ok"] * 40


async def test_head_gives_the_headers_of_the_end_of_the_redirects(client: GuardedClient) -> None:
    site = by_path(old=reply(status=301, location="/new"), new=reply(b"x" * 10**5, etag='"v1"'))
    async with serving(site) as server:
        answer = await client.head(server.url("/old"))
        with pytest.raises(FetchFailed):
            await client.head(server.url("/gone"))
    assert (answer.url, answer.etag, answer.size) == (server.url("/new"), '"v1"', 0)
    assert answer.headers["content-length"] == "100000"


async def test_post_sends_the_content_and_keeps_a_little_of_the_answer(client: GuardedClient) -> None:
    async with serving(reply(b"y" * 200_000, status=202)) as server:
        answer = await client.post(
            server.url("/hook"), b'{"a": 1}', {"Content-Type": "application/json", "X-Sig": "é"}
        )
    asked = server.asked[0]
    assert (asked.method, asked.body, asked.headers["content-type"]) == (
        "POST",
        b'{"a": 1}',
        "application/json",
    )
    assert answer.status == 202
    assert 0 < len(answer.body or b"") <= 65536


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 410, 500])
async def test_post_follows_no_redirect_and_returns_refusals(client: GuardedClient, status: int) -> None:
    async with serving(reply(b"why", status=status, location="/elsewhere", retry_after="7")) as server:
        answer = await client.post(server.url("/hook"), b"{}")
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (status, b"why", "7")
    assert len(server.asked) == 1


async def test_post_has_its_own_time_limit() -> None:
    policy = FetchPolicy(allowed_hosts=("127.0.0.0/8",))
    drip = endless(b"", itertools.repeat(b"H"), pause=0.1)
    async with serving(drip) as server, GuardedClient(policy) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.post(server.url(), b"{}", timeout=0.3)
    assert (caught.value.reason, caught.value.extra["limit"]) == ("timeout", 0.3)


def test_every_reason_is_told_in_both_languages() -> None:
    for reason in (
        "connection",
        "encoding",
        "html-page",
        "redirects",
        "timeout",
        "too-large",
        "too-slow",
        "truncated",
    ):
        document = FetchFailed(reason, limit=1500).document()
        assert document["status"] == 422
        assert document["reason"] == reason
        assert document["detail"] != document["detail_en"]
        assert "{" not in str(document["detail"]) + str(document["detail_en"])
