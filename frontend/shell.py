"""The pages of the window, and what stands in the sidebar and at its foot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontend.widgets.nav import Lamp, NavEntry


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
    "welcome": PageSpec("frontend.pages.welcome:WelcomePage", None),
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
    model = str(engine.get("model") or "")
    return model.rsplit("/", 1)[-1] if model else str(engine.get("name", ""))


def lamps(engines: Sequence[Mapping[str, Any]], *, connected: bool) -> list[Lamp]:
    """The state of each kind of engine for the sidebar's foot."""
    if not connected:
        return [Lamp(label, "waiting", "off") for _, label in _KINDS]
    rows = []
    for kind, label in _KINDS:
        engine = engine_on_duty(engines, kind)
        if engine is None:
            rows.append(Lamp(label, "none can run", "error" if kind != "stt" else "off"))
        elif engine.get("name") == "persona":
            rows.append(Lamp(label, "built-in persona", "warning"))
        else:
            rows.append(Lamp(label, short_name(engine)[:18], "ok"))
    return rows
