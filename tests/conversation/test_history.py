"""The chat of a character: kept turns, pages, and what a request knows of the past."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.conversation.history import History, TurnOutcome
from backend.errors import BadInputError
from database import Character, Database, open_database
from event_system import Stage


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    found = open_database(tmp_path / "kotodama.db")
    with found.write() as session:
        session.add_all([Character(id=1, name="Ren"), Character(id=2, name="Mio")])
    yield found
    found.close()


@pytest.fixture
def history(opened: Database) -> History:
    return History(opened)


def outcome(heard: str, written: str = "", *, interrupted: bool = False) -> TurnOutcome:
    stage = Stage(name="received", at_ms=1.0, took_ms=1.0)
    return TurnOutcome(written or heard, heard, interrupted, "happy", "fake", "m", (stage,))


def add(history: History, number: int, said: str, answer: str, *, character: int = 1) -> None:
    history.begin(f"t{number}", character, said, "typed")
    history.finish(f"t{number}", outcome(answer))


def test_a_message_is_kept_before_it_is_answered(history: History) -> None:
    history.begin("t1", 1, "Hello?", "voice")
    (row,) = history.page(1, 10)
    assert (row.user_message, row.character_response, row.source) == ("Hello?", "", "voice")


def test_what_was_heard_is_the_answer_and_what_was_written_is_kept(history: History) -> None:
    history.begin("t1", 1, "Tell me a story", "typed")
    history.finish("t1", outcome("Once upon", "Once upon a time.", interrupted=True))
    (row,) = history.page(1, 10)
    assert row.character_response == "Once upon"
    assert row.written == "Once upon a time."
    assert row.interrupted
    assert (row.emotion, row.engine, row.model) == ("happy", "fake", "m")
    assert row.stages == [{"name": "received", "at_ms": 1.0, "took_ms": 1.0}]


def test_pages_go_back_and_are_oldest_first(history: History) -> None:
    for number in range(1, 8):
        add(history, number, f"q{number}", f"a{number}")
    add(history, 99, "other", "other", character=2)
    newest = history.page(1, 3)
    assert [row.user_message for row in newest] == ["q5", "q6", "q7"]
    before = history.page(1, 3, before=newest[0].id)
    assert [row.user_message for row in before] == ["q2", "q3", "q4"]
    assert [row.user_message for row in history.page(1, 3, before=before[0].id)] == ["q1"]
    assert history.page(1, 3, before=1) == []


def test_forgetting_one_chat_leaves_the_others(history: History) -> None:
    add(history, 1, "q", "a")
    add(history, 2, "q", "a")
    add(history, 3, "other", "a", character=2)
    assert history.forget(1) == 2
    assert history.forget(1) == 0
    assert history.page(1, 10) == []
    assert len(history.page(2, 10)) == 1


def test_a_request_knows_the_turns_before_it_and_not_itself(history: History) -> None:
    add(history, 1, "Hi", "Hello there")
    history.begin("t2", 1, "Go on", "typed")
    history.finish("t2", outcome("I was", "I was saying.", interrupted=True))
    history.begin("t3", 1, "What was that?", "typed")
    memory = history.recall(1, "t3", "What was that?")
    assert [(one.role, one.content) for one in memory.messages] == [
        ("user", "Hi"),
        ("assistant", "Hello there"),
        ("user", "Go on"),
        ("assistant", "I was —"),
    ]
    assert history.recall(2, "t3", "Hi").messages == ()


def test_a_turn_without_an_answer_puts_no_empty_words_into_the_characters_mouth(
    history: History,
) -> None:
    history.begin("t1", 1, "Anyone there?", "typed")
    memory = history.recall(1, "t2", "Hi")
    assert [one.role for one in memory.messages] == ["user"]


def test_the_users_name_is_remembered_and_the_newest_one_counts(history: History) -> None:
    add(history, 1, "My name is Anna.", "Hi Anna")
    assert history.recall(1, "x", "Hi").user_name == "Anna"
    add(history, 2, "Actually, my name is Berta.", "Hi Berta")
    assert history.recall(1, "x", "Hi").user_name == "Berta"
    assert history.recall(2, "x", "Hi").user_name == ""


def test_a_turn_id_is_used_once(history: History) -> None:
    history.begin("t1", 1, "Hi", "typed")
    with pytest.raises(BadInputError, match="t1"):
        history.begin("t1", 1, "Hi again", "typed")
    assert len(history.page(1, 10)) == 1


@pytest.mark.parametrize("text", ["\u0000", "'; DROP TABLE chat_logs; --", "😀" * 2000, "a\nb"])
def test_any_text_is_kept_as_it_is(history: History, text: str) -> None:
    history.begin("t1", 1, text, "typed")
    assert history.page(1, 1)[0].user_message == text


def test_the_message_itself_is_learned_from(history: History) -> None:
    memory = history.recall(1, "x", "Sam", greeting="What shall I call you?")
    assert memory.user_name == "Sam"
    assert memory.messages == ()
