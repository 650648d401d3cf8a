"""Child processes: started by a list of arguments, watched, and ended with all they started.

A child leads a process group of its own, gets none of our keys and tokens in its environment, and
ends when this process does, however that happens. What it prints goes into the log under its name.
Whether it works is judged by what it answers or has written; an exit code proves nothing.
"""

from __future__ import annotations

import codecs
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from backend.engines.leash import GRACE_S, end_tree, own_group
from backend.errors import EngineError
from config import ROOT, Settings

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
"""A child that lived this long has recovered: the next restart comes at once again."""
POLL_S = 0.1
LAST_WORDS = 20
LONGEST_LINE = 2_000
_LEASH = Path(__file__).with_name("leash.py")
_LINE_END = re.compile(r"\r?\n|\r(?=[^\n])")

__all__ = ["Child", "Lines", "Program", "clean_environment", "end_tree", "own_group", "spawn"]


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: ours without our secrets, and `more`.

    Python programs are told to write UTF-8 and not to hold their output back.
    """
    secret = {
        name for name, about in Settings.model_fields.items() if about.annotation is SecretStr
    }
    kept = {key: value for key, value in os.environ.items() if key.lower() not in secret}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **(more or {})}


def spawn(
    command: Sequence[str],
    *,
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
    apart: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a process of ours, which has to end when its standard input closes.

    Args:
        apart: Errors have a pipe of their own; otherwise they come with the output.

    Returns:
        The process; its standard streams are unbuffered pipes.

    Raises:
        OSError: It cannot be started.
    """
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        cwd=folder,
        env=clean_environment(variables),
        bufsize=0,
        **own_group(),
    )


class Lines:
    """Reads what a child prints, in a thread of its own, into the log.

    Progress bars, whose lines end with a carriage return, are logged at DEBUG level.

    Args:
        name: The logger is `kotodama.<name>`.
        pipe: Read to its end, then closed.
        on_line: Also hears each line, in that thread.
    """

    def __init__(
        self, name: str, pipe: IO[bytes], on_line: Callable[[str], None] | None = None
    ) -> None:
        self._log = logging.getLogger(f"kotodama.{name}")
        self._pipe = pipe
        self._on_line = on_line
        self._last: deque[str] = deque(maxlen=LAST_WORDS)
        self._thread = threading.Thread(target=self._read, name=f"{name}-lines", daemon=True)
        self._thread.start()

    def last_words(self, wait_s: float = 1.0) -> str:
        """The last line that says something; waits for the end of the pipe."""
        self._thread.join(wait_s)
        return self._last[-1] if self._last else ""

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        rest = ""
        with self._pipe:
            while piece := os.read(self._pipe.fileno(), 65_536):
                rest += decode(piece)
                start = 0
                for end in _LINE_END.finditer(rest):
                    self._take(rest[start : end.start()], end.group())
                    start = end.end()
                rest = rest[start:][-LONGEST_LINE:]
        self._take(rest, "\n")

    def _take(self, line: str, end: str) -> None:
        line = line.rstrip()[:LONGEST_LINE]
        if not line:
            return
        self._last.append(line)
        self._log.log(logging.DEBUG if end == "\r" else logging.INFO, "%s", line)
        if self._on_line is not None:
            self._on_line(line)


@dataclass(frozen=True)
class Program:
    """Another program, and how to tell that it works.

    Attributes:
        name: What the log calls it: one short word.
        label: What people call it.
        command: The list of arguments; the first one is the program.
        folder: Where it runs.
        variables: Further environment variables.
        ready: Whether it does its work by now; asked every 0.1 s after a start.
        ready_s: How long it may take until then, seconds.
        on_line: Hears each line that it prints, in another thread.
    """

    name: str
    label: str
    command: tuple[str, ...]
    folder: Path = ROOT
    variables: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    ready_s: float = 60.0
    on_line: Callable[[str], None] | None = None


class Child:
    """A program that runs beside the backend, and is started again when it ends.

    Methods may be called from any thread.

    Attributes:
        ready: Whether it does its work now.
        starts: How often it was started.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ready = False
        self.starts = 0
        self._log = logging.getLogger(f"kotodama.{program.name}")
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: Lines | None = None
        self._stopped = threading.Event()
        self._changing = threading.Lock()

    def start(self, *, keep: bool = True) -> None:
        """Start it, anew if it runs, and wait until it is ready.

        Args:
            keep: Start it again whenever it ends, after 0.5 s to 30 s.

        Raises:
            EngineError: It ended, or was not ready in time; it has been ended then.
        """
        self.stop()
        stopped = self._stopped = threading.Event()
        self._launch(stopped)
        if keep:
            name = f"{self.program.name}-watch"
            threading.Thread(target=self._watch, args=(stopped,), name=name, daemon=True).start()

    def require(self) -> None:
        """See that it can be asked now.

        Raises:
            EngineError: It is down; it may come back.
        """
        if not self.ready:
            raise EngineError(f"{self.program.label} is not running; the log has the reason.")

    def finish(self, limit_s: float, made: Callable[[], bool]) -> None:
        """Wait for the end of a program that does one job and then ends.

        Args:
            limit_s: It is ended after that many seconds.
            made: Whether its result is there; the exit code is not asked.

        Raises:
            EngineError: There is no result; the message has its last words.
        """
        assert self._process is not None, "it was not started"
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.stop()
            raise EngineError(
                f"{self.program.label} was not done in {limit_s:.0f} s and was ended."
            ) from None
        self.ready = False
        if not made():
            raise EngineError(self._ended("did not do its work"))

    def stop(self) -> None:
        """End it, with all that it started. Blocks for some seconds at most."""
        self._stopped.set()
        with self._changing:
            self._end()

    def _launch(self, stopped: threading.Event) -> None:
        program = self.program
        with self._changing:
            if stopped.is_set():
                raise EngineError(f"{program.label} was stopped.")
            command = [sys.executable, "-I", str(_LEASH), *program.command]
            self._process = spawn(command, folder=program.folder, variables=program.variables)
            assert self._process.stdout is not None
            self._lines = Lines(program.name, self._process.stdout, program.on_line)
            self.starts += 1
        try:
            self._await_ready(stopped)
        except EngineError:
            with self._changing:
                self._end()
            raise
        self.ready = True

    def _await_ready(self, stopped: threading.Event) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self.program.ready_s
        while not self.program.ready():
            if self._process.poll() is not None:
                raise EngineError(self._ended("ended while it was being started"))
            if time.monotonic() > deadline:
                raise EngineError(
                    f"{self.program.label} was not ready in {self.program.ready_s:.0f} s."
                )
            if stopped.wait(POLL_S):
                raise EngineError(f"{self.program.label} was stopped.")

    def _watch(self, stopped: threading.Event) -> None:
        wait = FIRST_WAIT_S
        while True:
            assert self._process is not None
            began = time.monotonic()
            self._process.wait()
            self.ready = False
            if time.monotonic() - began > STEADY_S:
                wait = FIRST_WAIT_S
            if not stopped.is_set():
                self._log.warning("%s It is started again.", self._ended("ended"))
            if stopped.wait(wait):
                return
            wait = min(wait * 2, LONGEST_WAIT_S)
            try:
                self._launch(stopped)
            except EngineError as error:
                self._log.warning("%s", error.message)

    def _end(self) -> None:
        """Let go of the leash, which ends the program; without an answer end both."""
        self.ready = False
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(GRACE_S + 2.0)
        except subprocess.TimeoutExpired:
            end_tree(process.pid, 0.0)
            process.wait()

    def _ended(self, what: str) -> str:
        words = self._lines.last_words() if self._lines else ""
        return f"{self.program.label} {what}" + (f"; it said: {words[:300]}." if words else ".")
