"""Starts the backend process, watches it, starts it again when it dies, and stops it.

The token is made here, a new one a run, and handed over on standard input, which is then held
open: the backend ends when it closes, however this process dies. The backend tells where it
listens by one line of JSON on standard output.
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

from config import Settings
from frontend.api import Backend
from frontend.launch import spawn_backend

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STARTS_A_MINUTE = 5
STOP_S = 3.0
LAST_WORDS = 20
LAST_WORDS_S = 2.0
log = logging.getLogger("kotodama.supervisor")


class FixedBackend:
    """A backend elsewhere, which this program neither starts nor stops."""

    def __init__(self, url: str, token: str) -> None:
        self._backend = Backend(url.rstrip("/"), token)
        self.state = "up"
        self.notice = ""

    def current(self) -> Backend | None:
        """Where it is."""
        return self._backend

    def on_change(self, callback: Callable[[], None]) -> None:
        """It never changes."""

    def stop(self) -> None:
        """It goes on."""


class BackendProcess:
    """The backend as a supervised child process.

    Attributes:
        state: "starting", "up", "down" (it will be started again), or "failed: " and a sentence.
        notice: Something the user should know about the start, such as another port.
    """

    def __init__(
        self,
        settings: Settings,
        command: list[str] | None = None,
        early: subprocess.Popen[str] | None = None,
    ) -> None:
        self._command = command
        self._early = early
        self._token = settings.api_token.get_secret_value() or secrets.token_urlsafe(32)
        self._process: subprocess.Popen[str] | None = None
        self._backend: Backend | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._stopping = threading.Event()
        self._starts: deque[float] = deque(maxlen=STARTS_A_MINUTE)
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._listener: threading.Thread | None = None
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.state = "starting"
        self.notice = ""

    def start(self) -> None:
        """Start it; returns at once."""
        self._launch()
        self._watcher.start()

    def current(self) -> Backend | None:
        """Where it listens; None while it is not up."""
        return self._backend

    def on_change(self, callback: Callable[[], None]) -> None:
        """Be called, from another thread, whenever `state` or `current()` changes."""
        self._callbacks.append(callback)

    def restart(self) -> None:
        """Try again after it was given up, or restart it."""
        self._starts.clear()
        if self._watcher.is_alive():
            self._end_process()
            return
        self._launch()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """End it, gracefully if it can; blocks for at most some seconds."""
        self._stopping.set()
        self._end_process()
        if self._watcher.is_alive():
            self._watcher.join(timeout=1.0)

    def _end_process(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            log.warning("the backend did not stop in %.0f s and was ended", STOP_S)
            process.kill()
            process.wait(1.0)

    def _launch(self) -> None:
        self._starts.append(time.monotonic())
        early, self._early = self._early, None
        self._process = early or spawn_backend(self._command)
        assert self._process.stdin is not None and self._process.stderr is not None
        try:
            self._process.stdin.write(self._token + "\n")
            self._process.stdin.flush()
        except OSError:
            log.warning("the backend ended while it was being started")
        self._listener = threading.Thread(
            target=self._keep_last_words, args=(self._process.stderr,), daemon=True
        )
        self._listener.start()

    def _keep_last_words(self, errors: IO[str]) -> None:
        for line in errors:
            self._last_words.append(line.rstrip())
            log.debug("backend: %s", line.rstrip())

    def _watch(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            process = self._process
            assert process is not None and process.stdout is not None
            for line in process.stdout:
                self._take_announcement(line)
                wait = FIRST_WAIT_S
            code = process.wait()
            self._backend = None
            if self._stopping.is_set():
                return
            if code == 2 or self._too_many_starts():
                self._set_state("failed: " + self._reason(code))
                return
            log.warning("the backend ended with code %s; it is started again", code)
            self._set_state("down")
            if self._stopping.wait(wait):
                return
            wait = min(wait * 2, LONGEST_WAIT_S)
            self._launch()

    def _take_announcement(self, line: str) -> None:
        try:
            facts = json.loads(line)
            url, moved_from = str(facts["url"]), int(facts.get("moved_from", 0))
        except (ValueError, KeyError, TypeError):
            log.debug("backend says: %s", line.rstrip())
            return
        self._backend = Backend(url, self._token)
        if moved_from:
            port = url.rsplit(":", 1)[1]
            self.notice = f"Port {moved_from} is in use, so the backend listens on {port}."
        self._set_state("up")

    def _too_many_starts(self) -> bool:
        full = len(self._starts) == STARTS_A_MINUTE
        return full and time.monotonic() - self._starts[0] < 60.0

    def _reason(self, code: int) -> str:
        if self._listener is not None:
            self._listener.join(LAST_WORDS_S)
        words = [line for line in self._last_words if line.strip()]
        if code == 2 and words:
            return words[-1].removeprefix("kotodama: ")
        return "The backend stopped several times within a minute; the log file has the reason" + (
            f" (last words: {words[-1][:200]})." if words else "."
        )

    def _set_state(self, state: str) -> None:
        self.state = state
        for callback in tuple(self._callbacks):
            callback()
