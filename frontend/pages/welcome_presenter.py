"""The welcome page, without a widget: what is ready, and the first words she says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from event_system import Envelope, TurnCaption, TurnStateChanged
from frontend.context import AppContext, Connection
from frontend.shell import engine_on_duty, short_name

Readiness = Literal["ready", "warning", "missing", "waiting"]


@dataclass(frozen=True)
class Check:
    """One line of what she needs: icon, name, and its true state."""

    icon: str
    name: str
    text: str
    state: Readiness


class WelcomeView(Protocol):
    """What the presenter asks of the page."""

    def show_character(self, number: int, name: str) -> None:
        """Show who is on air."""

    def show_promise(self, text: str) -> None:
        """Show where her words and her voice are made."""

    def show_checks(self, checks: list[Check]) -> None:
        """Show what is ready."""

    def show_speaking(self, speaking: bool) -> None:
        """She speaks, or is done."""

    def show_caption(self, text: str) -> None:
        """Show the sentence that is heard now."""


class WelcomePresenter:
    """Logic of the welcome page.

    Args:
        view: The page.
        context: Ways to the backend.
    """

    def __init__(self, view: WelcomeView, context: AppContext) -> None:
        self._view = view
        self._context = context
        self._greeting = ""
        self.checks: list[Check] = []

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost, or its engines changed."""
        self.refresh()
        if state == "up" and not self._greeting:
            self._context.api.get("/api/characters", self._show_characters)

    def refresh(self) -> None:
        """Show what is ready, if that changed."""
        checks = self._checks()
        if checks != self.checks:
            self.checks = checks
            self._view.show_checks(checks)
            self._view.show_promise(self._promise())

    def on_event(self, envelope: Envelope) -> None:
        """Follow the first words."""
        event = envelope.event
        if isinstance(event, TurnStateChanged):
            self._view.show_speaking(event.state == "speaking")
            if event.state == "idle":
                self._view.show_caption("")
        elif isinstance(event, TurnCaption):
            self._view.show_caption(event.text)

    def speak(self) -> bool:
        """Let her say her first message; False while the backend is not there."""
        greeting = self._greeting or "Hello! It is nice to meet you."
        return self._context.send_voice({"type": "speak", "text": greeting})

    def leave(self) -> None:
        """Go to the chat, and do not come back at the next start."""
        self._context.api.post("/api/config", {"first_start": False}, lambda _answer: None)
        self._context.navigate("chat")

    def _show_characters(self, rows: list[dict[str, Any]]) -> None:
        active = next((row for row in rows if row.get("active")), None)
        if active:
            self._greeting = str(active.get("first_mes") or "")
            self._view.show_character(int(active["id"]), str(active["name"]))

    def _promise(self) -> str:
        """Where words and voice are made, as far as it is known."""
        model = engine_on_duty(self._context.engines, "llm")
        if model is None or model.get("embedded"):
            return (
                "Everything she needs came with the program. Nothing is downloaded, and what you "
                "say stays on this computer."
            )
        return (
            f"Her voice and her picture are made on this computer. Her words come from "
            f"{short_name(model)}, by way of {model.get('label')}."
        )

    def _checks(self) -> list[Check]:
        engines = self._context.engines
        return [
            self._engine(engines, "tts", "Voice", "soundwave"),
            self._engine(engines, "clip", "Avatar", "person-fill"),
            self._engine(engines, "llm", "Chat model", "chat-dots-fill"),
            self._engine(engines, "stt", "Hearing", "ear-fill"),
            self._loudspeaker(),
        ]

    def _engine(self, engines: list[dict[str, Any]], kind: str, name: str, icon: str) -> Check:
        if not engines:
            return Check(icon, name, "starting…", "waiting")
        engine = engine_on_duty(engines, kind)
        if engine is None:
            mine = next((engine for engine in engines if engine.get("kind") == kind), None)
            reason = str(mine.get("reason") or "none can run") if mine else "none installed"
            return Check(icon, name, reason, "missing")
        if engine.get("name") == "persona":
            return Check(icon, name, "built-in persona, no language model", "warning")
        if engine.get("name") == "pocketsphinx":
            return Check(icon, name, "built-in demo, often wrong", "warning")
        return Check(icon, name, f"{short_name(engine)}, ready", "ready")

    def _loudspeaker(self) -> Check:
        player = self._context.player
        if self._context.settings.audio_backend == "none":
            return Check("volume-mute-fill", "Loudspeaker", "switched off in the settings",
                         "warning")  # fmt: skip
        if player.silent:
            return Check("volume-mute-fill", "Loudspeaker", "none found: text and picture only",
                         "warning")  # fmt: skip
        if not player.device:
            return Check("volume-up-fill", "Loudspeaker", "looking…", "waiting")
        return Check("volume-up-fill", "Loudspeaker", player.device[:32], "ready")
