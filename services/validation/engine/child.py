"""Run a function in a warm child process with limits on memory, CPU and time, so that no input can harm the parent.

    with Child(Limits(memory_bytes=1 << 30, cpu_seconds=60, wall_seconds=120), preload=("polars",)) as child:
        result = child.call(function, argument)          # function: importable by name; arguments: picklable

Native parsers can ask for more memory than there is, loop, or abort: here that ends one child, which the next call
replaces. It is not a barrier against an attacker who takes control of the child: both run as the same user.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import IO, Any, Literal, TypeVar

Reason = Literal["memory", "cpu", "wall", "crash", "killed"]
Result = TypeVar("Result")

_START_SECONDS = 60.0
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from services.validation.engine.child import serve; serve(int(sys.argv[1]), int(sys.argv[2]))"
)
_OUT_OF_MEMORY = (
    b"memory allocation of",
    b"MemoryError",
    b"bad_alloc",
    b"out of memory",
    b"Cannot allocate memory",
)
_PR_SET_PDEATHSIG = 1
# Fewer heaps and no reserved arenas: the address space that is limited stays close to the memory that is used.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take. `memory_bytes` is counted above the idle child with its modules loaded.

    `wall_seconds` is time spent waiting for the child: a slow consumer of `Child.stream` is not counted.
    """

    memory_bytes: int
    cpu_seconds: float
    wall_seconds: float


class ChildDied(Exception):
    """The child ended before it answered: a limit was reached, it crashed, or somebody ended it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Child:
    """One long-lived child, started when first needed and again whenever it has died. One call at a time.

    Calls may come from any thread (a second one waits for the first); `kill` may be called during a call.
    """

    def __init__(self, limits: Limits, preload: tuple[str, ...] = ()) -> None:
        self.limits = limits
        self._preload = preload
        self._calls = threading.Lock()
        self._running: _Running | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    @property
    def pid(self) -> int | None:
        """The process id of the child, None when none runs."""
        running = self._running
        return running.process.pid if running is not None and running.process.poll() is None else None

    def start(self) -> None:
        """Start the child now, with its modules loaded, so that the first call is quick. Raises ChildDied."""
        with self._calls:
            self._ready()

    def kill(self) -> None:
        """End the child at once; a call in progress raises ChildDied("killed"). The next call starts another."""
        running = self._running
        if running is not None:
            running.end("killed")

    def call(
        self, function: Callable[..., Result], *args: object, on_message: Callable[[Any], None] | None = None
    ) -> Result:
        """`function(*args)` in the child. Raises what it raises, or ChildDied.

        With `on_message`, the function gets a keyword `report`: what it reports is handed to `on_message` in turn.
        """
        conversation = self._converse(function, args, on_message is not None)
        while True:
            try:
                message = next(conversation)
            except StopIteration as end:
                result: Result = end.value
                return result
            if on_message is not None:
                try:
                    on_message(message)
                except BaseException:
                    conversation.close()
                    raise

    def stream(self, function: Callable[..., object], *args: object) -> Iterator[Any]:
        """What `function(*args, report=…)` reports, as it comes. Abandoning the iterator ends the child."""
        yield from self._converse(function, args, True)

    def _converse(self, function: Callable[..., Any], args: tuple[object, ...], report: bool) -> Any:
        """Generator of the messages of one call; returns its result."""
        with self._calls:
            running = self._ready()
            running.send((function, args, report, self.limits.cpu_seconds))
            waited, answered = 0.0, False
            try:
                while True:
                    started = time.monotonic()
                    kind, content = running.receive(self.limits.wall_seconds - waited)
                    waited += time.monotonic() - started
                    if kind == "message":
                        yield content
                        continue
                    answered = True
                    return self._conclude(running, kind, content)
            finally:
                if not answered:
                    running.end("killed")

    def _conclude(self, running: _Running, kind: str, content: Any) -> Any:
        running.relay_errors()
        if kind in ("memory", "last result"):
            running.end("memory")
        if kind == "memory":
            raise ChildDied("memory", str(content))
        if kind == "raised":
            raise _rebuilt(content)
        return content

    def _ready(self) -> _Running:
        running = self._running
        if running is None or running.process.poll() is not None:
            if running is not None:
                running.end("killed")
            # The kernel ends the child with the thread that started it: that thread must last as long as we do.
            running = _spawner().submit(_Running).result()
            self._running = running
            running.send((self._preload, self.limits.memory_bytes))
            kind, content = running.receive(_START_SECONDS)
            if kind != "ready":
                running.end("crash")
                raise _rebuilt(content)
        return running


@cache
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="child-spawner")


class _Running:
    """A started process and our end of its pipe."""

    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        ours, theirs = Pipe()
        command = [sys.executable, "-c", _BOOT, str(theirs.fileno()), str(os.getpid()), json.dumps(sys.path)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=(theirs.fileno(),),
            env={**os.environ, **_ENVIRONMENT},
            process_group=0,  # a Ctrl-C at the terminal is for the parent alone
        )
        theirs.close()
        self._pipe: Connection[Any, Any] = ours
        self._reason: Reason | None = None
        self._ending = threading.Lock()
        self._finalizer = weakref.finalize(self, _end_process, self.process, ours, self._errors)

    def send(self, message: object) -> None:
        """Raises the pickling error of what cannot be sent, ChildDied when nobody is there to read."""
        try:
            self._pipe.send(message)
        except OSError as error:
            raise self._died() from error

    def receive(self, seconds: float) -> Any:
        """The next message. Raises ChildDied, at the latest after `seconds`."""
        try:
            if not self._pipe.poll(max(seconds, 0)):
                self.end("wall")
                raise self._died()
            return self._pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._died() from error

    def end(self, reason: Reason) -> None:
        """Kill the process if it lives, and wait for it; the first reason stays."""
        with self._ending:
            if self._reason is None and self.process.poll() is None:
                self._reason = reason
            self.process.kill()
            self.process.wait()

    def relay_errors(self) -> bytes:
        """Pass on what the child wrote to its error output since the last time."""
        if self._errors.closed:
            return b""
        handle = self._errors.fileno()
        written = os.pread(handle, 1 << 16, 0)
        if written:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)  # the child writes at this same position
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(written.decode(errors="replace"))
        return written

    def _died(self) -> ChildDied:
        try:
            status = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it closed its pipe and lives on
            self.end("crash")
            status = self.process.returncode
        errors = self._read_errors()
        reason = self._reason or _reason_of(status, errors)
        self.end(reason)
        return ChildDied(reason, errors[-500:].decode(errors="replace").strip())

    def _read_errors(self) -> bytes:
        return b"" if self._errors.closed else os.pread(self._errors.fileno(), 1 << 16, 0)


def _end_process(process: subprocess.Popen[bytes], pipe: Connection[Any, Any], errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    pipe.close()
    errors.close()


def _reason_of(status: int, errors: bytes) -> Reason:
    if status == -signal.SIGXCPU:
        return "cpu"
    if status == -signal.SIGKILL:
        return "killed"
    return "memory" if any(mark in errors for mark in _OUT_OF_MEMORY) else "crash"


def _rebuilt(
    content: tuple[type[BaseException], tuple[object, ...], dict[str, object], str],
) -> BaseException:
    """An exception of the child, made without calling its constructor, whose arguments are unknown."""
    kind, args, attributes, trace = content
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    error.add_note(f"In the child process:\n{trace}")
    return error


# What follows runs in the child.


def serve(handle: int, parent: int) -> None:
    """The child's whole life: load the modules, then answer calls until the pipe closes."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(handle, False)
    pipe: Connection[Any, Any] = Connection(handle)
    preload, memory_bytes = pipe.recv()
    try:
        for name in preload:
            importlib.import_module(name)
    except Exception as error:
        pipe.send(("raised", _packed(error)))
        return
    highest = _address_space() + memory_bytes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, highest)
    pipe.send(("ready", None))
    with contextlib.suppress(EOFError, ConnectionError):
        while _answer(pipe, highest - memory_bytes // 2):
            pass


def _answer(pipe: Connection[Any, Any], comfortable: int) -> bool:
    """Answer one call; False when the process should not be used any more."""
    try:
        function, args, report, cpu_seconds = pipe.recv()
        _limit(resource.RLIMIT_CPU, round(time.process_time() + cpu_seconds + 0.5))
        extra = {"report": lambda message: pipe.send(("message", message))} if report else {}
        result = function(*args, **extra)
        bloated = _address_space() > comfortable
        pipe.send(("last result" if bloated else "result", result))
    except (EOFError, ConnectionError):
        raise
    except MemoryError as error:
        pipe.send(("memory", repr(error)))
        return False
    except BaseException as error:
        pipe.send(("raised", _packed(error)))
    return True


def _packed(error: BaseException) -> tuple[type[BaseException], tuple[object, ...], dict[str, object], str]:
    """An exception as plain values; one that cannot be pickled becomes a RuntimeError of the same text."""
    trace = "".join(traceback.format_exception(error))[-4000:]
    packed = (type(error), error.args, error.__dict__, trace)
    try:
        pickle.loads(pickle.dumps(packed))  # noqa: S301 - our own bytes
    except Exception:
        return (RuntimeError, (f"{type(error).__name__}: {error}",), {}, trace)
    return packed


def _limit(which: int, value: int) -> None:
    """Set a soft limit, within a hard one that others may have set."""
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _address_space() -> int:
    """Bytes of address space this process has now."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", encoding="ascii") as pages:  # noqa: PTH123
        return int(pages.read().split()[0]) * resource.getpagesize()


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends, and before its siblings when short."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
        score.write("800")
