"""Parts that run together end together: by a signal, by an error, and even when one does not want to."""

import asyncio
import os
import signal
import socket
import time
from typing import Any

import pytest

from shared.settings import Settings
from socle import serving


async def obedient(stop: asyncio.Event) -> None:
    await stop.wait()


async def stubborn(stop: asyncio.Event) -> None:
    """Swallow the first cancellation, as some libraries do."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(60)


async def signal_soon(stop: asyncio.Event) -> None:
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()


async def test_a_signal_ends_every_part() -> None:
    await asyncio.wait_for(serving.until_stopped([obedient, signal_soon]), 5)


async def test_the_error_of_a_part_ends_the_others_and_is_raised() -> None:
    async def failing(stop: asyncio.Event) -> None:
        raise ValueError("the reason")

    with pytest.raises(ValueError, match="the reason"):
        await asyncio.wait_for(serving.until_stopped([obedient, failing]), 5)


async def test_a_part_that_does_not_end_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "END_SECONDS", 0.05)
    monkeypatch.setattr(serving, "CANCEL_SECONDS", 0.05)
    await asyncio.wait_for(serving.until_stopped([stubborn, signal_soon]), 5)


async def test_a_second_signal_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CANCEL_SECONDS", 0.05)

    async def signal_twice(stop: asyncio.Event) -> None:
        await signal_soon(stop)
        os.kill(os.getpid(), signal.SIGINT)

    await asyncio.wait_for(serving.until_stopped([stubborn, signal_twice]), 5)


def test_a_taken_port_is_refused_in_both_languages() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(serving.PortTaken) as refused:
            serving.listen("127.0.0.1", port)
    assert f"Le port {port}" in refused.value.message
    assert f"Port {port}" in refused.value.message


def test_a_request_going_on_is_finished_before_the_end() -> None:
    """SIGTERM while an answer is being made: the answer arrives, then the server ends."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    answers: list[bytes] = []
    listener = serving.listen("127.0.0.1", 0)
    address = listener.getsockname()

    async def ask(stop: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers.append(await reader.read())
        writer.close()
        await writer.wait_closed()

    async def serve(stop: asyncio.Event) -> None:
        await serving.serve(slow, Settings(), listener, stop, lambda: None)

    started = time.monotonic()
    serving.run([serve, ask])
    assert answers[0].endswith(b"done\r\n0\r\n\r\n") or answers[0].endswith(b"done")
    assert time.monotonic() - started < 20


def test_an_answer_in_two_writes_does_not_wait_for_the_client() -> None:
    with serving.listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
