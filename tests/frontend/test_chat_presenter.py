"""The chat page's logic, without a display."""

from __future__ import annotations

from typing import Any

import pytest

from config import Settings
from event_system import (
    CharacterChanged,
    CharacterSwitched,
    ChatDelta,
    ChatMessageEvent,
    ChatResponse,
    Envelope,
    ErrorOccurred,
    Event,
    Stage,
    TranscriptFinal,
    TranscriptInterim,
    TurnCaption,
    TurnStateChanged,
)
from frontend.api import ApiError
from frontend.pages.chat_messages import Message, from_rows
from frontend.pages.chat_presenter import TENTATIVE, Character, ChatPresenter
from tests.support.window_parts import Room

CHARACTERS = [
    {"id": 1, "name": "Airi", "first_mes": "Hi! I'm Airi.", "active": True},
    {"id": 2, "name": "Ren", "first_mes": "Hey.", "active": False},
]


def row(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": number, "turn_id": f"t{number}", "user_message": f"question {number}",
        "character_response": f"answer {number}", "interrupted": False,
        "timestamp": "2026-01-02T10:00:00+00:00", "stages": [], "engine": "persona", "model": "",
        **changed,
    }  # fmt: skip


class View:
    """Remembers what it was asked to show."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.order: list[str] = []
        self.state = ""
        self.caption = ""
        self.refused = ""
        self.accepted = 0
        self.engines = ""
        self.active = 0
        self.older = False

    def show_messages(self, messages: list[Message], *, older: bool) -> None:
        self.messages = {message.key: message for message in messages}
        self.order = [message.key for message in messages]
        self.older = older

    def prepend(self, messages: list[Message], *, older: bool) -> None:
        self.order[:0] = [message.key for message in messages]
        self.older = older

    def add(self, message: Message) -> None:
        assert message.key not in self.order
        self.messages[message.key] = message
        self.order.append(message.key)

    def change(self, message: Message) -> None:
        assert message.key in self.order
        self.messages[message.key] = message

    def remove(self, key: str) -> None:
        self.order.remove(key)

    def show_characters(self, characters: list[Character], active: int) -> None:
        self.active = active

    def show_engines(self, text: str) -> None:
        self.engines = text

    def show_state(self, state: str) -> None:
        self.state = state

    def show_caption(self, text: str) -> None:
        self.caption = text

    def accept_input(self) -> None:
        self.accepted += 1

    def refuse_input(self, reason: str) -> None:
        self.refused = reason


@pytest.fixture
def room(settings: Settings) -> Room:
    made = Room(settings)
    made.api.answers["/api/characters"] = CHARACTERS
    made.api.answers["/api/characters/1/chat?limit=50"] = []
    made.api.answers["/api/characters/2/chat?limit=50"] = []
    return made


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def presenter(room: Room, view: View) -> ChatPresenter:
    made = ChatPresenter(view, room.context)
    made.on_connection("up")
    return made


def happen(presenter: ChatPresenter, *events: Event) -> None:
    for event in events:
        presenter.on_event(Envelope(1 if event.durable else 0, 1_767_348_000.0, event))


def ask(presenter: ChatPresenter, room: Room, text: str = "Who are you?") -> str:
    presenter.send(text)
    return str(room.sent[-1]["turn_id"])


def test_an_empty_chat_shows_the_first_message(presenter: ChatPresenter, view: View) -> None:
    assert [view.messages[key].text for key in view.order] == ["Hi! I'm Airi."]


def test_the_first_message_stays_when_the_character_changes(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(3)]
    happen(presenter, CharacterChanged(character_id=1, change="updated"))
    assert view.order == ["first_mes", "t3:user", "t3:character"]
    room.api.answers["/api/characters"] = [{**c, "active": c["id"] == 2} for c in CHARACTERS]
    room.api.answers["/api/characters/2/chat?limit=50"] = [row(7)]
    happen(presenter, CharacterSwitched(character_id=2, name="Ren"))
    assert view.order == ["t7:user", "t7:character"]


def test_a_turn_from_question_to_latency(presenter: ChatPresenter, room: Room, view: View) -> None:
    turn = ask(presenter, room)
    assert room.sent[-1] == {"type": "chat.send", "text": "Who are you?", "turn_id": turn}
    answer = f"{turn}:character"
    assert view.messages[answer].progress == "waiting"
    happen(
        presenter,
        ChatMessageEvent(turn_id=turn, character_id=1, text="Who are you?"),
        TurnStateChanged(state="thinking", turn_id=turn),
        ChatDelta(turn_id=turn, text="I am "),
        ChatDelta(turn_id=turn, text="Airi."),
        TurnStateChanged(state="speaking", turn_id=turn),
        TurnCaption(turn_id=turn, text="I am Airi."),
    )
    assert view.messages[answer].text == "I am Airi."
    assert view.messages[answer].progress == "streaming"
    assert (view.state, view.caption) == ("speaking", "I am Airi.")
    stages = (Stage(name="first_frame", at_ms=238.0, took_ms=5.0),)
    happen(
        presenter,
        ChatResponse(turn_id=turn, character_id=1, text="I am Airi.", heard="I am Airi.",
                     engine="persona", stages=stages),
        TurnStateChanged(state="idle", turn_id=turn),
    )  # fmt: skip
    assert view.messages[answer].progress == "done"
    assert view.messages[answer].meta.endswith("0.24 s to first sound · persona")
    assert view.caption == ""
    assert len(view.order) == 3


def test_the_same_response_twice_changes_nothing(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    response = ChatResponse(turn_id=turn, character_id=1, text="Yes.", heard="Yes.")
    happen(presenter, response, response)
    happen(presenter, ChatMessageEvent(turn_id=turn, character_id=1, text="again"))
    assert len(view.order) == 3


def test_an_interrupted_answer_shows_what_was_heard(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    happen(
        presenter,
        ChatDelta(turn_id=turn, text="One two three four."),
        ChatResponse(turn_id=turn, character_id=1, text="One two three four.",
                     heard="One two", interrupted=True),
    )  # fmt: skip
    answer = view.messages[f"{turn}:character"]
    assert (answer.text, answer.progress) == ("One two …", "interrupted")
    assert "interrupted" in answer.meta


def test_an_answer_that_was_never_heard_leaves_no_bubble(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    happen(
        presenter,
        ChatResponse(turn_id=turn, character_id=1, text="", heard="", interrupted=True),
    )
    assert f"{turn}:character" not in view.order
    assert f"{turn}:user" in view.order


def test_a_failed_turn_offers_to_try_again(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room, "Hello")
    happen(
        presenter,
        ErrorOccurred(code="llm", message="The model is slow.", retryable=True, turn_id=turn),
    )
    error = view.messages[f"{turn}:error"]
    assert (error.who, error.text, error.retry) == ("error", "The model is slow.", "Hello")
    assert f"{turn}:character" not in view.order
    presenter.retry(error.key)
    assert error.key not in view.order
    assert room.sent[-1]["text"] == "Hello"
    assert room.sent[-1]["turn_id"] != turn


def test_an_error_that_will_come_again_has_no_button(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    happen(presenter, ErrorOccurred(code="key", message="Wrong key.", turn_id=turn))
    assert view.messages[f"{turn}:error"].retry == ""


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_is_not_sent(presenter: ChatPresenter, room: Room, view: View, text: str) -> None:
    presenter.send(text)
    assert room.sent == []


def test_a_message_that_is_too_long_stays_in_the_field(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    presenter.send("x" * 100_000)
    assert room.sent == []
    assert "100,000 characters; 4,000 is the most" in view.refused
    assert view.accepted == 0


def test_without_a_connection_the_text_is_kept(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    room.connected = False
    presenter.send("Hello")
    assert "not connected" in view.refused
    assert view.accepted == 0
    assert view.order == ["first_mes"]


def test_switching_asks_the_backend_and_shows_the_other_chat(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    presenter.switch(2)
    assert ("POST", "/api/switch_character", {"character_id": 2}) in room.api.calls
    assert room.stops == 1
    room.api.answers["/api/characters"] = [{**c, "active": c["id"] == 2} for c in CHARACTERS]
    room.api.answers["/api/characters/2/chat?limit=50"] = [row(7)]
    happen(presenter, CharacterSwitched(character_id=2, name="Ren"))
    assert view.active == 2
    assert view.order == ["t7:user", "t7:character"]


def test_history_is_loaded_a_page_at_a_time(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(n) for n in range(31, 81)]
    room.api.answers["/api/characters/1/chat?limit=50&before=31"] = [row(n) for n in range(1, 31)]
    presenter.on_connection("down")
    presenter.on_connection("up")
    assert len(view.order) == 100
    assert view.older
    presenter.load_older()
    assert (view.order[0], len(view.order)) == ("t1:user", 160)
    assert not view.older
    before = len(room.api.calls)
    presenter.load_older()
    assert len(room.api.calls) == before


def test_a_page_that_cannot_be_loaded_can_be_asked_for_again(
    presenter: ChatPresenter, room: Room
) -> None:
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(n) for n in range(31, 81)]
    room.api.answers["/api/characters/1/chat?limit=50&before=31"] = ApiError("Away.")
    presenter.on_connection("down")
    presenter.on_connection("up")
    presenter.load_older()
    presenter.load_older()
    assert room.toasts == [("Away.", "warning")] * 2


def test_a_running_turn_survives_a_reload(presenter: ChatPresenter, room: Room, view: View) -> None:
    turn = ask(presenter, room)
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(1)]
    happen(presenter, CharacterSwitched(character_id=1, name="Airi"))
    assert view.order == ["t1:user", "t1:character", f"{turn}:user", f"{turn}:character"]


def test_a_running_turn_that_is_stored_already_gets_its_end(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(1, turn_id=turn)]
    happen(presenter, CharacterSwitched(character_id=1, name="Airi"))
    happen(
        presenter,
        ChatResponse(
            turn_id=turn, character_id=1, text="Airi!", heard="Airi!", engine="persona",
            stages=[Stage(name="first_audio", at_ms=50.0, took_ms=50.0)],
        ),
    )  # fmt: skip
    answer = view.messages[f"{turn}:character"]
    assert (answer.text, answer.progress) == ("Airi!", "done")
    assert answer.stages


def test_a_turn_that_the_backend_took_with_it_can_be_tried_again(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room, "Still there?")
    presenter.on_connection("down")
    presenter.on_connection("up")
    error = view.messages[f"{turn}:error"]
    assert error.retry == "Still there?"
    assert f"{turn}:character" not in view.order


def test_an_answer_that_was_complete_after_all_takes_the_errors_place(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    presenter.on_connection("down")
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(1, turn_id=turn)]
    presenter.on_connection("up")
    assert view.order == [f"{turn}:user", f"{turn}:character"]


def test_an_error_that_came_before_the_history_stays(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    happen(presenter, ErrorOccurred(code="llm", message="Slow.", turn_id=turn))
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(1)]
    presenter.on_connection("down")
    presenter.on_connection("up")
    assert view.order == ["t1:user", "t1:character", f"{turn}:user", f"{turn}:error"]


def test_a_turn_that_was_stored_meanwhile_is_shown_once(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    turn = ask(presenter, room)
    happen(presenter, ChatResponse(turn_id=turn, character_id=1, text="Yes.", heard="Yes."))
    room.api.answers["/api/characters/1/chat?limit=50"] = [row(1, turn_id=turn)]
    presenter.on_connection("down")
    presenter.on_connection("up")
    assert view.order == [f"{turn}:user", f"{turn}:character"]


def test_rows_become_bubbles() -> None:
    stages = [{"name": "first_frame", "at_ms": 1500.0, "took_ms": 1.0}]
    rows = [
        row(1, stages=stages, model="qwen"), row(2, interrupted=True), row(3, user_message=""),
    ]  # fmt: skip
    first, second, third, fourth, fifth = from_rows(rows)
    assert (first.who, first.text) == ("user", "question 1")
    assert second.meta.endswith("1.5 s to first sound · qwen")
    assert third.key == "t2:user"
    assert (fourth.progress, fourth.text) == ("interrupted", "answer 2 …")
    assert (fifth.who, fifth.key) == ("character", "t3:character")


def test_the_engines_are_named_honestly(presenter: ChatPresenter, room: Room, view: View) -> None:
    room.context.engines = [
        {"kind": "llm", "name": "ollama", "available": False, "active": False},
        {"kind": "llm", "name": "persona", "available": True, "active": True},
        {"kind": "tts", "name": "piper", "available": True, "active": True, "model": "a/amy"},
    ]
    presenter.on_connection("up")
    assert view.engines == "built-in persona · amy"


def voice(turn: str, text: str) -> ChatMessageEvent:
    return ChatMessageEvent(turn_id=turn, character_id=1, text=text, source="voice")


def test_spoken_words_are_tentative_until_they_are_a_message(
    presenter: ChatPresenter, view: View
) -> None:
    happen(presenter, TurnStateChanged(state="listening"), TranscriptInterim(text="what is"))
    assert view.state == "listening"
    assert view.messages[TENTATIVE].progress == "tentative"
    assert view.messages[TENTATIVE].meta == "listening…"
    happen(presenter, TranscriptInterim(text="what is your"), TranscriptFinal(text="What is it?"))
    assert view.order.count(TENTATIVE) == 1
    assert view.messages[TENTATIVE].text == "What is it?"
    happen(presenter, voice("t", "What is it?"))
    assert view.order[-2:] == ["t:user", "t:character"]
    assert TENTATIVE not in view.order


def test_words_that_become_nothing_go_away(
    presenter: ChatPresenter, room: Room, view: View
) -> None:
    happen(presenter, TurnStateChanged(state="listening"), TranscriptInterim(text="hm"))
    assert len(room.scheduled) == 1
    room.pass_time()
    assert TENTATIVE not in view.order
    assert view.state == "idle"
    happen(presenter, TranscriptInterim(text="hm"), TranscriptInterim(text=" "))
    assert TENTATIVE not in view.order


def test_words_go_away_when_the_backend_heard_nothing(presenter: ChatPresenter, view: View) -> None:
    happen(presenter, TurnStateChanged(state="listening"), TranscriptInterim(text="hm"))
    happen(presenter, TurnStateChanged(state="idle"))
    assert TENTATIVE not in view.order


def test_a_typed_message_of_elsewhere_leaves_the_words(
    presenter: ChatPresenter, view: View
) -> None:
    happen(presenter, TranscriptInterim(text="so I"))
    happen(presenter, ChatMessageEvent(turn_id="t", character_id=1, text="Typed"))
    assert TENTATIVE in view.order


def test_words_are_forgotten_with_the_connection(presenter: ChatPresenter, view: View) -> None:
    happen(presenter, TranscriptInterim(text="so I"))
    presenter.on_connection("down")
    assert TENTATIVE not in view.order


def test_a_spoken_turn_names_its_slowest_stage_in_words(
    presenter: ChatPresenter, view: View
) -> None:
    happen(presenter, voice("t", "Hello"))
    stages = (
        Stage(name="endpoint", at_ms=420, took_ms=420),
        Stage(name="transcript", at_ms=560, took_ms=140),
        Stage(name="first_token", at_ms=2660, took_ms=2100),
        Stage(name="first_frame", at_ms=2800, took_ms=60),
    )
    happen(presenter, ChatResponse(turn_id="t", character_id=1, text="Hi.", heard="Hi.",
                                   stages=stages, engine="ollama"))  # fmt: skip
    meta = view.messages["t:character"].meta
    assert "2.8 s to first sound · slowest: language model, 2.1 s · ollama" in meta


def test_an_answer_interrupted_by_voice_is_marked(presenter: ChatPresenter, view: View) -> None:
    happen(presenter, voice("t", "Tell me a story"), TurnStateChanged(state="speaking"))
    happen(presenter, TranscriptInterim(text="stop"))
    happen(presenter, ChatResponse(turn_id="t", character_id=1, text="Once upon a time.",
                                   heard="Once upon", interrupted=True))  # fmt: skip
    happen(presenter, TurnStateChanged(state="idle"))
    assert view.messages["t:character"].text == "Once upon …"
    assert "interrupted" in view.messages["t:character"].meta
    assert TENTATIVE in view.order, "the new words are still being said"


def test_the_slowest_stage_of_a_spoken_turn_is_named() -> None:
    stages = (
        Stage(name="endpoint", at_ms=780, took_ms=780),
        Stage(name="transcript", at_ms=1850, took_ms=1070),
        Stage(name="first_token", at_ms=1880, took_ms=30),
        Stage(name="first_frame", at_ms=1930, took_ms=50),
    )
    message = Message("t:character", "character", "Hi.", stages=stages)
    assert message.slowest == "slowest: speech to text, 1.1 s"
