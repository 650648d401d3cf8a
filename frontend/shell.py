"""The pages of the window, and what stands in the sidebar and at its foot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontend.widgets.nav import Lamp, NavEntry, State


@dataclass(frozen=True)
class PageSpec:
    """One page: where its class is, and its row in the sidebar (none for the welcome page)."""

    target: str
    nav: NavEntry | None


PAGES: dict[str, PageSpec] = {
    "chat": PageSpec(
        "frontend.pages.chat:ChatPage", NavEntry("chat", "Chat", "chat-dots-fill", "Ctrl+1")
    ),
    "training": PageSpec(
        "frontend.pages.training:TrainingPage",
        NavEntry("training", "Voice training", "mic-fill", "Ctrl+2"),
    ),
    "logs": PageSpec(
        "frontend.pages.logs:LogsPage", NavEntry("logs", "Logs", "terminal-fill", "Ctrl+3")
    ),
    "status": PageSpec(
        "frontend.pages.status:StatusPage", NavEntry("status", "Status", "speedometer2", "Ctrl+4")
    ),
    "settings": PageSpec(
        "frontend.pages.settings:SettingsPage",
        NavEntry("settings", "Settings", "gear-fill", "Ctrl+5"),
    ),
    "models": PageSpec(
        "frontend.pages.models:ModelsPage",
        NavEntry("models", "Voices & models", "box-seam-fill", "Ctrl+6"),
    ),
    "welcome": PageSpec("frontend.pages.welcome:WelcomePage", None),
}

_STAND_INS = ("persona", "pocketsphinx")
"""Engines that work at once, and less well than those that one would install."""
_MICROPHONE: dict[str, tuple[str, State]] = {
    "listening": ("listening", "ok"),
    "talking": ("listening", "ok"),
    "opening": ("opening", "warning"),
    "muted": ("muted", "warning"),
    "problem": ("no mic", "error"),
}
_KINDS = (("llm", "Model"), ("tts", "Voice"), ("clip", "Avatar"), ("stt", "Hearing"))


def engine_on_duty(engines: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any] | None:
    """The engine of a kind that does the work: the active one, else the first that can run."""
    mine = [engine for engine in engines if engine.get("kind") == kind]
    active = [engine for engine in mine if engine.get("active")]
    able = [engine for engine in mine if engine.get("available")]
    return next(iter(active + able), None)


def short_name(engine: Mapping[str, Any]) -> str:
    """What an engine is called in a narrow place."""
    if engine.get("name") == "persona":
        return "built-in persona"
    if engine.get("name") == "pocketsphinx":
        return "built-in demo"
    model = str(engine.get("model") or "")
    return model.rsplit("/", 1)[-1] if model else str(engine.get("name", ""))


def lamps(
    engines: Sequence[Mapping[str, Any]], *, connected: bool, hearing: str = "off"
) -> list[Lamp]:
    """The state of each kind of engine for the sidebar's foot.

    Args:
        engines: As `GET /api/engines` gives them.
        connected: Whether the backend is reached; what it has is known a moment later.
        hearing: What the microphone does, a status of `frontend.hearing`.
    """
    if not (connected and engines):
        return [Lamp(label, "waiting", "off") for _, label in _KINDS]
    rows = []
    for kind, label in _KINDS:
        engine = engine_on_duty(engines, kind)
        if engine is None:
            rows.append(Lamp(label, "none can run", "error" if kind != "stt" else "off"))
        elif kind == "stt" and hearing in _MICROPHONE:
            rows.append(Lamp(label, *_MICROPHONE[hearing]))
        elif engine.get("name") in _STAND_INS:
            rows.append(Lamp(label, short_name(engine), "warning"))
        else:
            rows.append(Lamp(label, short_name(engine)[:18], "ok"))
    return rows
