"""What the tests of the child process run in it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from services.validation.engine.child import Child, ChildDied, Limits

_kept: list[bytes] = []


class Unpicklable(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)
        self.second = second


def add(left: int, right: int) -> int:
    return left + right


def pid() -> int:
    return os.getpid()


def allocate(size: int) -> int:
    return len(bytearray(size))


def keep(size: int) -> int:
    _kept.append(b"x" * size)
    return len(_kept)


def abort_like_rust() -> None:
    sys.stderr.write("memory allocation of 550000000000 bytes failed\n")
    sys.stderr.flush()
    os.abort()


def abort() -> None:
    os.abort()


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def spin(seconds: float) -> float:
    started = time.process_time()
    while time.process_time() - started < seconds:
        pass
    return seconds


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def refuse() -> None:
    raise ValueError("not this one")


def refuse_oddly() -> None:
    raise Unpicklable("one", "two")


def count(to: int, *, report: Callable[[object], None]) -> str:
    for number in range(to):
        report(number)
    return "done"


def report_then_sleep(*, report: Callable[[object], None]) -> None:
    report(os.getpid())
    time.sleep(600)


def write_output() -> None:
    sys.stdout.write("said on the output\n")
    sys.stdout.flush()


def lambda_result() -> object:
    return lambda: None


def nested(function: Callable[..., object], *args: object) -> object:
    """A child of the child; its death is told by its reason."""
    with Child(Limits(200 << 20, 20, 20)) as child:
        try:
            return child.call(function, *args)
        except ChildDied as died:
            return died.reason


def nested_sleep(*, report: Callable[[object], None]) -> None:
    with Child(Limits(200 << 20, 20, 60)) as child:
        report((os.getpid(), child.call(pid)))
        child.call(sleep, 600)


def main(report_to: str) -> None:
    """A parent that starts a child in a short-lived thread, tells both pids, and waits to be killed."""
    child = Child(Limits(200 << 20, 600, 600))

    def tell(pids: tuple[int, int]) -> None:
        Path(report_to).write_text(f"{pids[0]} {pids[1]}", encoding="ascii")

    child.call(nested_sleep, on_message=tell)
