"""Stand-ins for what pages and presenters are given."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from config import Settings
from frontend.api import ApiError, Backend
from frontend.audio_io import Player
from frontend.context import AppContext
from frontend.hearing import Hearing
from frontend.metrics import Metrics
from frontend.microphone import Microphone
from frontend.pages.logs_presenter import LogsPresenter
from frontend.video import FrameQueue

REN_ON_AIR = [
    {"id": 1, "name": "Kotone", "active": False},
    {"id": 2, "name": "Ren", "active": True},
]
"""What `GET /api/characters` tells, as far as dialogs look."""


class FixedProvider:
    """A backend that is where the test says."""

    def __init__(self, backend: Backend | None = None, state: str = "up") -> None:
        self.backend = backend
        self.state = state
        self.notice = ""

    def current(self) -> Backend | None:
        return self.backend


class RecordingApi:
    """Answers calls at once from a table, and remembers them."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, str, Any]] = []

    def get(
        self, path: str, then: Callable[[Any], None], failed: Callable[[Any], None] | None = None
    ) -> None:
        self._call("GET", path, None, then, failed)

    def post(
        self,
        path: str,
        body: Any,
        then: Callable[[Any], None],
        failed: Callable[[Any], None] | None = None,
    ) -> None:
        self._call("POST", path, body, then, failed)

    def request(
        self,
        method: str,
        path: str,
        then: Callable[[Any], None],
        failed: Callable[[Any], None] | None = None,
        *,
        body: bytes | None = None,
    ) -> None:
        self._call(method, path, json.loads(body) if body else None, then, failed)

    def _call(
        self,
        method: str,
        path: str,
        body: Any,
        then: Callable[[Any], None],
        failed: Callable[[Any], None] | None,
    ) -> None:
        self.calls.append((method, path, body))
        answer = self.answers.get(path, None if method == "GET" else {})
        if isinstance(answer, ApiError):
            assert failed is not None
            failed(answer)
        elif answer is not None:
            then(answer)


class Room:
    """An `AppContext` without a window, and what was done through it."""

    def __init__(self, settings: Settings) -> None:
        self.api = RecordingApi()
        self.sent: list[dict[str, Any]] = []
        self.toasts: list[tuple[str, str]] = []
        self.pages: list[str] = []
        self.stops = 0
        self.connected = True
        metrics = Metrics()
        self.frames: list[bytes] = []
        self.scheduled: dict[str, Callable[[], None]] = {}
        microphone = Microphone(settings, run)
        self.context = AppContext(
            settings=settings,
            look=None,  # type: ignore[arg-type]
            api=self.api,  # type: ignore[arg-type]
            player=Player(settings, metrics, lambda _text: None, run),
            microphone=microphone,
            hearing=Hearing(
                settings, microphone, self._send, self.frames.append, self._schedule, self._cancel
            ),
            frames=FrameQueue(),
            metrics=metrics,
            logs=LogsPresenter(),
            send_voice=self._send,
            toast=lambda text, kind: self.toasts.append((text, kind)),
            stop_answer=self._stop,
            hurry=lambda: None,
            wake_at=lambda _at: None,
            refresh_engines=lambda: None,
            schedule=self._schedule,
            cancel=self._cancel,
            navigate=self.pages.append,
            connection="up",
        )

    def _send(self, message: dict[str, Any]) -> bool:
        if self.connected:
            self.sent.append(message)
        return self.connected

    def note_clips(self) -> list[bytes]:
        """The clips that the player is given from now on, which nobody hears."""
        clips: list[bytes] = []
        self.context.player.play = clips.append  # type: ignore[method-assign]
        return clips

    def pass_time(self) -> None:
        """Run all that was scheduled."""
        for key in list(self.scheduled):
            self.scheduled.pop(key)()

    def _schedule(self, ms: int, function: Callable[[], None]) -> str:
        key = f"{ms}#{len(self.scheduled)}"
        self.scheduled[key] = function
        return key

    def _cancel(self, timer: str) -> None:
        self.scheduled.pop(timer, None)

    def _stop(self) -> None:
        self.stops += 1


def run(job: Callable[[], None]) -> None:
    """Stands for the way to Tk's loop: runs the job where it is."""
    job()


def wait_until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait without Tk until a condition holds."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "the condition did not come true in time"
        time.sleep(0.003)
