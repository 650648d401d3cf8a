"""What a page needs to run in a test without the rest of the window: context and scripted API."""

from __future__ import annotations

import json
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from config import Settings, runtime_keys
from frontend.api import ApiError

Answer = Callable[[Any], Any]

ENGINES: list[dict[str, Any]] = [
    {
        "name": "ollama", "kind": "llm", "label": "Ollama", "available": False, "active": False,
        "reason": "Ollama does not answer.", "remedy": "ollama serve", "summary": "Local models.",
        "model": "",
    },
    {
        "name": "persona", "kind": "llm", "label": "Built-in persona", "available": True,
        "active": True, "reason": "Always runs.", "remedy": "", "summary": "No model.", "model": "",
    },
    {
        "name": "espeak", "kind": "tts", "label": "eSpeak NG", "available": True, "active": True,
        "reason": "It is bundled.", "remedy": "", "summary": "Small voice.", "model": "en",
    },
]  # fmt: skip


def config_answer(**values: Any) -> dict[str, Any]:
    """What `GET /api/config` gives, with some values changed."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    shown = {key: value for key, value in settings.model_dump(mode="json").items()}
    for key in ("api_token", "openrouter_api_key", "openai_api_key"):
        shown[key] = ""
    return {
        "values": {**shown, **values},
        "schema": Settings.model_json_schema(),
        "runtime": list(runtime_keys()),
    }


class ScriptedApi:
    """Answers calls at once from `answers` (by path without query), and notes them.

    An answer that is an `ApiError` goes to `failed`; one that is a function gets the body.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "/api/engines": ENGINES,
            "/api/config": config_answer(),
            "/api/characters": [],
            **answers,
        }
        self.calls: list[tuple[str, str, Any]] = []
        self.is_local = False

    def get(self, path: str, then: Any, failed: Any = None) -> None:
        self._answer("GET", path, None, then, failed)

    def post(self, path: str, body: Any, then: Any, failed: Any = None) -> None:
        self._answer("POST", path, body, then, failed)

    def delete(self, path: str, then: Any, failed: Any = None) -> None:
        self._answer("DELETE", path, None, then, failed)

    def request(
        self, method: str, path: str, then: Any, failed: Any = None, *, body: bytes | None = None,
        timeout: float = 0.0,
    ) -> None:  # fmt: skip
        self._answer(method, path, json.loads(body) if body else None, then, failed)

    def posted(self, path: str) -> list[Any]:
        """Bodies that were posted to a path."""
        return [body for method, to, body in self.calls if (method, to) == ("POST", path)]

    def _answer(self, method: str, path: str, body: Any, then: Any, failed: Any) -> None:
        self.calls.append((method, path, body))
        answer = self.answers.get(path.partition("?")[0], ApiError("Nothing is scripted here."))
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, ApiError):
            failed(answer)
        else:
            then(answer)


@dataclass
class ManualClock:
    """`schedule` and `cancel` whose time a test moves on."""

    now: int = 0
    jobs: dict[str, tuple[int, Callable[[], None]]] = field(default_factory=dict)
    made: int = 0

    def schedule(self, ms: int, job: Callable[[], None]) -> str:
        self.made += 1
        self.jobs[str(self.made)] = (self.now + ms, job)
        return str(self.made)

    def cancel(self, key: str) -> None:
        self.jobs.pop(key, None)

    def forward(self, ms: int) -> None:
        """Let time pass and run what is due."""
        self.now += ms
        for key, (due, job) in sorted(self.jobs.items(), key=lambda item: item[1][0]):
            if due <= self.now and self.jobs.pop(key, None):
                job()


class _Timers:
    """Timers of the window that end with the frame of a test."""

    def __init__(self, frame: tk.Misc) -> None:
        self._window = frame.winfo_toplevel()
        self._frame = frame
        self._waiting: set[str] = set()
        frame.bind("<Destroy>", self._stop, add="+")

    def schedule(self, ms: int, job: Callable[[], None]) -> str:
        key = self._window.after(ms, job)
        self._waiting.add(key)
        return key

    def cancel(self, key: str) -> None:
        self._waiting.discard(key)
        self._window.after_cancel(key)

    def _stop(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._frame:
            for key in list(self._waiting):
                self.cancel(key)


def page_context(parent: tk.Misc, api: ScriptedApi | None = None, **changes: Any) -> Any:
    """A stand-in for `AppContext`; `toasts` and `visited` note what a page did with it."""
    from frontend.pages.logs_presenter import LogsPresenter
    from frontend.theme import look

    timers = _Timers(parent)
    toasts: list[tuple[str, str]] = []
    visited: list[str] = []
    context = SimpleNamespace(
        settings=Settings(_env_file=None),  # type: ignore[call-arg]
        look=look(parent),
        api=api or ScriptedApi(),
        logs=LogsPresenter(),
        engines=ENGINES,
        connection="up",
        player=SimpleNamespace(list_devices=lambda then: then(["Speakers", "Headset"])),
        microphone=SimpleNamespace(list_devices=lambda then: then(["Desk microphone"])),
        hearing=SimpleNamespace(hands_free=False, muted=False),
        toast=lambda text, kind: toasts.append((text, kind)),
        schedule=timers.schedule,
        cancel=timers.cancel,
        navigate=visited.append,
        hurry=lambda: None,
        refresh_engines=lambda: None,
        px=look(parent).px,
        palette=look(parent).palette,
        fonts=look(parent).fonts,
        toasts=toasts,
        visited=visited,
    )
    for name, value in changes.items():
        setattr(context, name, value)
    return context
