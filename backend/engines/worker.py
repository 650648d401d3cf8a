"""A worker: a Python module of ours in a process of its own, which answers requests.

For libraries that keep Python's lock for long or may crash. The module runs as a script and talks
by `messages.WorkerChannel`; its first message is `{"ready": true}`, or `{"failed": "why"}`. Each
answer has the `id` of its request, and may carry `failed`, a sentence, instead of a result.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerError
from typing import Any, BinaryIO, cast

from backend.engines.messages import Message, read_message, write_message
from backend.engines.process import Lines, end_tree, spawn
from backend.errors import EngineError

STOP_S = 2.0


class WorkerGoneError(EngineError):
    """The process ended before it had answered; another one can be asked anew."""


class Worker:
    """The way to a worker process, which is started when it is needed. Safe in any thread.

    Args:
        module: Its dotted name.
        name: The log calls it `kotodama.<name>`.
        label: What people call it.
        start_s: How long it may take to be ready, seconds.
        python: What runs it; the Python of another environment finds that one's packages.
        variables: Further environment variables.
    """

    def __init__(
        self,
        module: str,
        name: str,
        label: str,
        start_s: float = 30.0,
        *,
        python: str = sys.executable,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [python, "-E", "-s", "-m", module]
        self._variables = variables
        self._name, self._label, self._start_s = name, label, start_s
        self._starting = threading.Lock()
        self._process: _Process | None = None
        self._number = 0

    def start(self) -> int:
        """See that it runs, and wait until it is ready.

        Returns:
            The number of this process: another one knows nothing of what this one was told.

        Raises:
            EngineError: It cannot be started.
        """
        with self._starting:
            if self._process is None or not self._process.alive:
                self._process = self._launch()
                self._number += 1
            return self._number

    def ask(self, number: int, head: dict[str, Any], body: bytes, limit_s: float) -> Message:
        """Ask the process of that number, and wait for the answer.

        Raises:
            WorkerGoneError: It ended, or did not answer in time and was ended.
            EngineError: It could not do what it was asked.
        """
        process = self._process
        if process is None or number != self._number:
            raise WorkerGoneError(f"{self._label} was started anew.")
        # A timer, since a worker that hangs may not even take the question.
        timer = threading.Timer(limit_s, process.kill, (f"did not answer in {limit_s:.0f} s",))
        timer.daemon = True
        timer.start()
        try:
            message = process.ask(head, body).result()
        finally:
            timer.cancel()
        if "failed" in message.head:
            raise EngineError(str(message.head["failed"]))
        return message

    def tell(self, number: int, head: dict[str, Any]) -> None:
        """Tell the process of that number something; one that is gone need not know."""
        process = self._process
        if process is not None and number == self._number:
            process.ask(head, b"")

    def stop(self) -> None:
        """End it. It may be started again."""
        with self._starting:
            process, self._process = self._process, None
            if process is not None:
                process.stop()

    def _launch(self) -> _Process:
        try:
            process = _Process(self._command, self._name, self._label, self._variables)
        except OSError as error:
            raise EngineError(f"{self._label} cannot be started ({error.strerror}).") from error
        try:
            said = process.ready.result(self._start_s).head
        except NoAnswerError:
            process.kill("was not ready in time")
            raise EngineError(f"{self._label} was not ready in {self._start_s:.0f} s.") from None
        if "failed" in said:
            process.stop()
            raise EngineError(str(said["failed"]), retryable=False)
        return process


class _Process:
    """One worker process, and what it was asked.

    Attributes:
        ready: Its first message.
        alive: Whether it can be asked.
    """

    def __init__(
        self, command: list[str], name: str, label: str, variables: Mapping[str, str] | None
    ) -> None:
        self._label = label
        self._why = "ended unexpectedly"
        self._child = spawn(command, variables=variables, apart=True)
        pipes = self._child.stdin, self._child.stdout, self._child.stderr
        self._requests, self._answers, errors = (cast(BinaryIO, pipe) for pipe in pipes)
        self._lines = Lines(name, errors)
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Message]] = {}
        self._writing = threading.Lock()
        self.ready: Future[Message] = Future()
        self.alive = True
        threading.Thread(target=self._read, name=f"{name}-answers", daemon=True).start()

    def ask(self, head: dict[str, Any], body: bytes) -> Future[Message]:
        """Send a request; the answer, or a `WorkerGoneError`, comes in the future."""
        answer: Future[Message] = Future()
        with self._writing:
            number = next(self._ids)
            self._waiting[number] = answer
            try:
                write_message(self._requests, Message({**head, "id": number}, body))
            except (OSError, ValueError):
                self.alive = False
            if not self.alive and self._waiting.pop(number, None) is not None:
                answer.set_exception(self._gone())
        return answer

    def stop(self) -> None:
        """Close its input, at which it ends."""
        self.alive = False
        self._why = "was stopped"
        # Whoever writes to one that takes nothing more keeps the lock until it is killed.
        if self._writing.acquire(timeout=STOP_S):
            self._requests.close()
            self._writing.release()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill("did not stop")

    def kill(self, why: str) -> None:
        """End it at once."""
        self._why = why
        self.alive = False
        end_tree(self._child.pid, 0.0)

    def _read(self) -> None:
        with self._answers:
            try:
                while (message := read_message(self._answers)) is not None:
                    number = message.head.get("id")
                    known = self._waiting.pop(number, None) if number else self.ready
                    if known is not None:
                        known.set_result(message)
            except ValueError as error:
                self.kill(f"gave no readable answer ({error})")
        self.alive = False
        self._child.wait()
        while self._waiting:
            self._waiting.popitem()[1].set_exception(self._gone())
        if not self.ready.done():
            self.ready.set_exception(self._gone())

    def _gone(self) -> WorkerGoneError:
        words = self._lines.last_words()
        return WorkerGoneError(
            f"{self._label} {self._why}" + (f"; it said: {words[:300]}." if words else ".")
        )
