"""The character's own words, told from the user's."""

from __future__ import annotations

import pytest

from backend.conversation.self_hearing import REMEMBERED_S, SelfHearing


@pytest.fixture
def said() -> SelfHearing:
    now = [0.0]
    made = SelfHearing(clock=lambda: now[0])
    made.said("I was hoping you would come by.")
    made.said("What would you like to talk about?")
    now[0] = 1.0
    made.now = now  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    "heard",
    [
        "hoping you would come by",
        "What would you like to talk about",
        "come by what would you like",
        "i was hopping you would come by",
    ],
)
def test_an_echo_is_known(said: SelfHearing, heard: str) -> None:
    assert said.resembles(heard)


@pytest.mark.parametrize(
    "heard",
    ["", "you", "hold on a moment", "i would like to talk to my mother now", "was what to about"],
)
def test_the_users_words_are_no_echo(said: SelfHearing, heard: str) -> None:
    assert not said.resembles(heard)


def test_what_was_said_long_ago_is_forgotten(said: SelfHearing) -> None:
    said.now[0] = REMEMBERED_S + 1  # type: ignore[attr-defined]
    assert not said.resembles("hoping you would come by")


def test_two_echoes_in_a_row_break_the_loop(said: SelfHearing) -> None:
    assert said.judge("hoping you would come by")
    assert not said.must_break
    assert not said.judge("something else entirely")
    assert said.judge("hoping you would come by")
    assert said.judge("would you like to talk about")
    assert said.must_break
