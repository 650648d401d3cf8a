"""The chat page: what it shows and does, without a widget.

The presenter keeps the messages of the character on air, turns events into changes of single
messages, and tells the view. It talks to the backend through the context alone.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

from event_system import (
    CharacterChanged,
    CharacterSwitched,
    ChatDelta,
    ChatMessageEvent,
    ChatResponse,
    Envelope,
    ErrorOccurred,
    Stage,
    TranscriptFinal,
    TranscriptInterim,
    TurnCaption,
    TurnState,
    TurnStateChanged,
)
from frontend.api import ApiError
from frontend.context import AppContext, Connection
from frontend.pages.chat_messages import Message, clock, from_rows, heard
from frontend.shell import engine_on_duty, short_name

PAGE = 50
TENTATIVE = "voice:tentative"
"""Key of the bubble with what is understood so far."""
GREETING = "first_mes"
"""Key of the bubble with the character's first message."""
FORGET_MS = 10_000
"""Words that do not become a message by then were none."""
_AWAY = "The backend went away before the answer was complete."


@dataclass(frozen=True)
class Character:
    """Who can be put on air."""

    number: int
    name: str
    first_mes: str


class ChatView(Protocol):
    """What the presenter asks of the page."""

    def show_messages(self, messages: list[Message], *, older: bool) -> None:
        """Show all messages anew; `older` says whether there are more before them."""

    def prepend(self, messages: list[Message], *, older: bool) -> None:
        """Add earlier messages above; what is visible stays where it is."""

    def add(self, message: Message) -> None:
        """Add a message below."""

    def change(self, message: Message) -> None:
        """A message that is shown has another text or state."""

    def remove(self, key: str) -> None:
        """Take a message away."""

    def show_characters(self, characters: list[Character], active: int) -> None:
        """Show who can be chosen and who is on air."""

    def show_engines(self, text: str) -> None:
        """Show what answers and what speaks."""

    def show_state(self, state: TurnState) -> None:
        """Show what the character is doing."""

    def show_caption(self, text: str) -> None:
        """Show the sentence that is heard now; empty for none."""

    def accept_input(self) -> None:
        """The message was sent: empty the input."""

    def refuse_input(self, reason: str) -> None:
        """The message cannot be sent: say why, keep the text."""


@dataclass
class _Turn:
    """A turn whose answer is not complete."""

    question: str = ""
    answer: Message | None = None
    timings: list[Stage] = field(default_factory=list)


class ChatPresenter:
    """Logic of the chat page.

    Args:
        view: The page.
        context: Ways to the backend.
    """

    def __init__(self, view: ChatView, context: AppContext) -> None:
        self._view = view
        self._context = context
        self._messages: dict[str, Message] = {}
        self._turns: dict[str, _Turn] = {}
        self._answered: set[str] = set()
        self._live: set[str] = set()
        self._characters: list[Character] = []
        self._active = 0
        self._oldest = 0
        self._older = self._loading = False
        self._forgetting = ""
        self.state: TurnState = "idle"

    @property
    def character(self) -> Character | None:
        """Who is on air."""
        return next((c for c in self._characters if c.number == self._active), None)

    def message(self, key: str) -> Message | None:
        """The message of a bubble."""
        return self._messages.get(key)

    def on_connection(self, state: Connection) -> None:
        """The backend was reached, lost, or its engines changed."""
        self._view.show_engines(self._engine_line())
        if state == "up" and not self._characters:
            self._load_characters()
        elif state != "up":
            self._forget_words()
            self._set_state("idle")
            self._characters = []
            self._messages.pop(GREETING, None)
            for turn_id in list(self._turns):
                self._fail(ErrorOccurred(code="away", message=_AWAY, retryable=True,
                                         turn_id=turn_id))  # fmt: skip

    def send(self, text: str) -> None:
        """Send what the user typed; a running answer is interrupted by it."""
        text = text.strip()
        most = self._context.settings.max_message_chars
        if not text:
            return
        if len(text) > most:
            self._view.refuse_input(
                f"The message has {len(text):,} characters; {most:,} is the most. Shorten it."
            )
            return
        turn_id = uuid.uuid4().hex
        message = {"type": "chat.send", "text": text, "turn_id": turn_id}
        if self._context.player.speaking:
            self._context.player.hush()
        if not self._context.send_voice(message):
            self._view.refuse_input("The backend is not connected yet; your text is kept here.")
            return
        self._view.accept_input()
        self._ask(turn_id, text)

    def retry(self, key: str) -> None:
        """Send the question of a failed turn again."""
        message = self._messages.get(key)
        if message and message.retry:
            self._drop(key)
            self.send(message.retry)

    def switch(self, number: int) -> None:
        """Put a character on air."""
        if number != self._active:
            self._context.stop_answer()
            self._context.api.post("/api/switch_character", {"character_id": number}, _ignore)

    def express(self, emotion: str) -> None:
        """Let the character show an expression for some seconds."""
        self._context.send_voice({"type": "expression", "emotion": emotion})

    def load_older(self) -> None:
        """The user scrolled to the top: get earlier messages."""
        if self._older and not self._loading and self._active:
            self._loading = True
            self._context.api.get(
                f"/api/characters/{self._active}/chat?limit={PAGE}&before={self._oldest}",
                self._show_older, self._not_loaded,
            )  # fmt: skip

    def on_event(self, envelope: Envelope) -> None:
        """Take part in what happens."""
        event = envelope.event
        if isinstance(event, ChatMessageEvent):
            if event.source == "voice":
                self._forget_words()
            if event.character_id == self._active:
                self._ask(event.turn_id, event.text, envelope.at)
        elif isinstance(event, ChatDelta):
            self._grow(event)
        elif isinstance(event, ChatResponse):
            self._complete(event, envelope.at)
        elif isinstance(event, TurnStateChanged):
            if event.state == "idle" and self.state == "listening":
                # What was heard was nothing after all.
                self._forget_words()
            self._set_state(event.state)
        elif isinstance(event, (TranscriptInterim, TranscriptFinal)):
            self._show_words(event.text)
        elif isinstance(event, TurnCaption):
            self._view.show_caption(event.text)
        elif isinstance(event, ErrorOccurred) and event.turn_id:
            self._fail(event)
        elif isinstance(event, CharacterSwitched):
            self._messages.pop(GREETING, None)
            self._load_characters()
        elif isinstance(event, CharacterChanged):
            self._load_characters()

    def _ask(self, turn_id: str, text: str, at: float | None = None) -> None:
        """Show a question and the place of its answer, once for each turn."""
        if turn_id in self._turns or turn_id in self._answered:
            return
        turn = self._turns[turn_id] = _Turn(question=text)
        self._put(Message(f"{turn_id}:user", "user", text, at=clock(at)))
        turn.answer = Message(f"{turn_id}:character", "character", "", progress="waiting")
        self._put(turn.answer)

    def _show_words(self, text: str) -> None:
        """Show what the user is saying, as a bubble that is not a message yet."""
        self._expect_words()
        known = self._messages.get(TENTATIVE)
        if not text.strip():
            self._drop(TENTATIVE)
        elif known:
            known.text = text
            self._view.change(known)
        else:
            self._put(Message(TENTATIVE, "user", text, progress="tentative"))

    def _expect_words(self) -> None:
        """Words, or a message made of them, are to come; if not, there were none."""
        self._cancel_forgetting()
        self._forgetting = self._context.schedule(FORGET_MS, self._forget_words)

    def _forget_words(self) -> None:
        self._cancel_forgetting()
        self._drop(TENTATIVE)
        if self.state == "listening":
            self._set_state("idle")

    def _cancel_forgetting(self) -> None:
        if self._forgetting:
            self._context.cancel(self._forgetting)
            self._forgetting = ""

    def _grow(self, event: ChatDelta) -> None:
        turn = self._turns.get(event.turn_id)
        if turn and turn.answer:
            turn.answer.text += event.text
            turn.answer.progress = "streaming"
            self._view.change(turn.answer)

    def _complete(self, event: ChatResponse, at: float) -> None:
        turn = self._turns.pop(event.turn_id, None)
        if event.turn_id in self._answered or event.character_id != self._active:
            return
        self._answered.add(event.turn_id)
        answer = turn.answer if turn else None
        if answer is None:
            answer = Message(f"{event.turn_id}:character", "character", "")
            self._put(answer)
        if event.interrupted and not event.heard.strip():
            self._drop(answer.key)
            return
        answer.text = heard(event.heard) if event.interrupted else event.text
        answer.progress = "interrupted" if event.interrupted else "done"
        answer.at, answer.stages = clock(at), event.stages
        answer.engine = event.model or event.engine
        self._view.change(answer)

    def _fail(self, event: ErrorOccurred) -> None:
        turn = self._turns.pop(event.turn_id, None)
        if turn is None:
            return
        self._answered.add(event.turn_id)
        if turn.answer and not turn.answer.text:
            self._drop(turn.answer.key)
        elif turn.answer:
            turn.answer.progress = "interrupted"
            self._view.change(turn.answer)
        retry = turn.question if event.retryable else ""
        key = f"{event.turn_id}:error"
        self._put(Message(key, "error", event.message, at=clock(None), retry=retry))

    def _put(self, message: Message) -> None:
        self._live.add(message.key)
        self._messages[message.key] = message
        self._view.add(message)

    def _drop(self, key: str) -> None:
        if self._messages.pop(key, None):
            self._view.remove(key)

    def _set_state(self, state: TurnState) -> None:
        self.state = state
        self._view.show_state(state)
        if state == "idle":
            self._view.show_caption("")
        elif state == "listening":
            self._expect_words()

    def _load_characters(self) -> None:
        self._context.api.get("/api/characters", self._show_characters)

    def _show_characters(self, rows: list[dict[str, Any]]) -> None:
        self._characters = [
            Character(int(row["id"]), str(row["name"]), str(row.get("first_mes") or ""))
            for row in rows
        ]
        active = next((int(row["id"]) for row in rows if row.get("active")), 0)
        self._view.show_characters(self._characters, active)
        if active != self._active:
            self._active = active
            self._live.clear()
        if active:
            path = f"/api/characters/{active}/chat?limit={PAGE}"
            self._context.api.get(path, lambda answer: self._show_history(active, answer))

    def _show_history(self, number: int, rows: list[dict[str, Any]]) -> None:
        """Show the chat as the backend has it, then what came since and is not in it yet."""
        if number != self._active:
            return
        stored = {message.key: message for message in from_rows(rows)}
        running = {f"{turn}:character" for turn in self._turns}
        came = {
            key: message
            for key, message in self._messages.items()
            if key in self._live
            and (key not in stored or key in running)
            and key.replace(":error", ":character") not in stored
        }
        self._note_page(rows)
        # A turn that runs may be stored already; its times and its end are still to come.
        self._answered.update({str(row["turn_id"]) for row in rows} - self._turns.keys())
        character = self.character
        greeted = GREETING in self._messages and not self._older
        if character and character.first_mes and (greeted or not rows):
            greeting = Message(GREETING, "character", character.first_mes)
            stored = {GREETING: greeting, **stored}
        self._messages = {**stored, **came}
        self._view.show_messages(list(self._messages.values()), older=self._older)

    def _show_older(self, rows: list[dict[str, Any]]) -> None:
        self._loading = False
        self._note_page(rows)
        earlier = from_rows(rows)
        self._messages = {**{message.key: message for message in earlier}, **self._messages}
        self._view.prepend(earlier, older=self._older)

    def _not_loaded(self, error: ApiError) -> None:
        self._loading = False
        self._context.toast(error.message, "warning")

    def _note_page(self, rows: list[dict[str, Any]]) -> None:
        self._older = len(rows) >= PAGE
        if rows:
            self._oldest = int(rows[0]["id"])

    def _engine_line(self) -> str:
        engines = self._context.engines
        found = [engine_on_duty(engines, kind) for kind in ("llm", "tts")]
        return " · ".join(short_name(engine) for engine in found if engine)


def _ignore(_answer: Any) -> None:
    """The answer of a call whose effect comes as an event."""
