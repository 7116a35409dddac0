"""The limited child process: results, every way to die, and that nothing survives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.validation.engine.child import Child, ChildDied, Limits
from tests.unit.engine import child_functions as functions

LIMITS = Limits(memory_bytes=300 << 20, cpu_seconds=20, wall_seconds=30)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def warm() -> Iterator[Child]:
    with Child(LIMITS, preload=("json",)) as child:
        child.start()
        yield child


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_warm_child_answers_many_calls(warm: Child) -> None:
    process = warm.call(functions.pid)
    assert [warm.call(functions.add, number, 1) for number in range(200)] == list(range(1, 201))
    assert warm.call(functions.pid) == process == warm.pid != os.getpid()


def test_exceptions_come_back_as_they_are(warm: Child) -> None:
    with pytest.raises(ValueError, match="not this one") as caught:
        warm.call(functions.refuse)
    assert "refuse" in caught.value.__notes__[0]
    with pytest.raises(functions.Unpicklable) as odd:
        warm.call(functions.refuse_oddly)
    assert odd.value.second == "two"


def test_what_cannot_be_sent_is_refused_and_the_child_stays(warm: Child) -> None:
    with pytest.raises((AttributeError, TypeError)):
        warm.call(functions.add, lambda: 1, 2)
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        warm.call(functions.lambda_result)
    assert warm.call(functions.add, 1, 2) == 3


def test_messages_arrive_in_order(warm: Child) -> None:
    heard: list[object] = []
    assert warm.call(functions.count, 1000, on_message=heard.append) == "done"
    assert heard == list(range(1000))
    assert list(warm.stream(functions.count, 3)) == [0, 1, 2]


def test_an_abandoned_stream_ends_the_child() -> None:
    with Child(LIMITS) as child:
        stream = child.stream(functions.report_then_sleep)
        process = next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert gone(process)
        assert child.call(functions.add, 1, 1) == 2


def test_a_failing_listener_ends_the_child_not_the_parent() -> None:
    def fail(message: object) -> None:
        raise KeyError(message)

    with Child(LIMITS) as child:
        with pytest.raises(KeyError):
            child.call(functions.report_then_sleep, on_message=fail)
        assert child.call(functions.add, 1, 1) == 2


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (functions.allocate, (550 << 30,), "memory"),
        (functions.allocate, (400 << 20,), "memory"),
        (functions.abort_like_rust, (), "memory"),
        (functions.abort, (), "crash"),
        (functions.segfault, (), "crash"),
        (functions.leave, (), "crash"),
    ],
)
def test_every_death_is_named_and_the_next_call_works(
    function: object, args: tuple[object, ...], reason: str, warm: Child, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ChildDied) as died:
        warm.call(function, *args)  # type: ignore[arg-type]
    assert died.value.reason == reason
    assert warm.call(functions.add, 2, 2) == 4
    assert capfd.readouterr() == ("", "")


def test_memory_within_the_limit_is_given(warm: Child) -> None:
    assert warm.call(functions.allocate, 200 << 20) == 200 << 20


def test_a_bloated_child_is_replaced() -> None:
    with Child(LIMITS) as child:
        assert [child.call(functions.keep, 200 << 20) for _ in range(4)] == [1, 1, 1, 1]


def test_cpu_is_counted_by_call() -> None:
    with Child(Limits(300 << 20, 2, 30)) as child:
        for _ in range(4):  # 4 s in all, 2 s at most each
            assert child.call(functions.spin, 1.0) == 1.0
        with pytest.raises(ChildDied) as died:
            child.call(functions.spin, 60.0)
        assert died.value.reason == "cpu"


def test_wall_clock() -> None:
    with Child(Limits(300 << 20, 20, 0.5)) as child:
        started = time.monotonic()
        with pytest.raises(ChildDied) as died:
            child.call(functions.sleep, 60)
        assert died.value.reason == "wall"
        assert time.monotonic() - started < 20


def test_kill_from_another_thread_stops_a_call_at_once() -> None:
    with Child(LIMITS) as child:
        child.start()
        timer = threading.Timer(0.3, child.kill)
        timer.start()
        with pytest.raises(ChildDied) as died:
            child.call(functions.sleep, 600)
        timer.join()
        assert died.value.reason == "killed"
        assert child.call(functions.add, 1, 1) == 2
        child.kill()
        child.kill()
        assert child.pid is None


def test_an_idle_child_killed_from_outside_is_replaced() -> None:
    with Child(LIMITS) as child:
        process = child.call(functions.pid)
        os.kill(process, signal.SIGKILL)
        assert gone(process)
        assert child.call(functions.pid) != process


def test_calls_from_threads_take_turns(warm: Child) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(warm.call(functions.add, 1, 1))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2] * 20


def test_a_child_outlives_the_thread_that_asked_for_it() -> None:
    with Child(LIMITS) as child:
        thread = threading.Thread(target=child.start)
        thread.start()
        thread.join()
        process = child.pid
        time.sleep(0.2)
        assert child.call(functions.pid) == process


def test_children_nest(warm: Child) -> None:
    assert warm.call(functions.nested, functions.add, 2, 3) == 5
    assert warm.call(functions.nested, functions.abort) == "crash"
    assert warm.call(functions.nested, functions.allocate, 550 << 30) == "memory"


def test_a_preload_that_fails_is_told() -> None:
    with Child(LIMITS, preload=("no_such_module",)) as child, pytest.raises(ModuleNotFoundError):
        child.start()


def test_output_of_the_child_does_not_pollute_ours(warm: Child, capfd: pytest.CaptureFixture[str]) -> None:
    warm.call(functions.write_output)
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "said on the output\n"


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan_when_the_parent_dies(tmp_path: Path, signal_number: signal.Signals) -> None:
    told = tmp_path / "pids"
    code = f"from tests.unit.engine.child_functions import main; main({str(told)!r})"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child, grandchild = map(int, told.read_text().split())
    os.killpg(parent.pid, signal_number)
    _, errors = parent.communicate(timeout=20)
    assert gone(child)
    assert gone(grandchild)
    assert errors.count("Traceback") == (
        1 if signal_number == signal.SIGINT else 0
    )  # the parent's own, at most
