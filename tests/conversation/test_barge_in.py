"""The ladder of barge-in: quieter, silent, cancelled, or on again."""

from __future__ import annotations

import pytest

from backend.conversation.barge_in import DECIDED_S, PATIENCE_S, SILENT_S, BargeIn
from backend.conversation.self_hearing import SelfHearing


class Floor:
    """A stage that notes what is done to it."""

    def __init__(self) -> None:
        self.speaking = True
        self.done: list[str] = []
        self.now = 0.0

    def duck(self, ducked: bool) -> None:
        self.done.append("duck" if ducked else "loud")

    def hold(self) -> None:
        self.done.append("hold")

    def resume(self) -> None:
        self.done.append("resume")


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def barge_in(floor: Floor) -> BargeIn:
    said = SelfHearing(clock=lambda: floor.now)
    said.said("I was hoping you would come by.")
    return BargeIn(floor, lambda: floor.done.append("cancel"), said, clock=lambda: floor.now)


def test_more_voice_does_more(floor: Floor, barge_in: BargeIn) -> None:
    barge_in.follow(0.1, "", settled=False)
    assert floor.done == ["duck"]
    barge_in.follow(SILENT_S, "", settled=False)
    assert floor.done == ["duck", "hold"]
    barge_in.follow(DECIDED_S, "", settled=False)
    barge_in.follow(2.0, "and so on", settled=False)
    barge_in.end()
    assert floor.done == ["duck", "hold", "cancel"]


def test_a_cough_is_forgiven(floor: Floor, barge_in: BargeIn) -> None:
    barge_in.follow(SILENT_S, "", settled=False)
    barge_in.follow(SILENT_S, "", settled=False)
    barge_in.end()
    assert floor.done == ["duck", "hold", "loud", "resume"]


def test_a_pause_without_words_is_forgiven_and_one_with_a_word_is_not(
    floor: Floor, barge_in: BargeIn
) -> None:
    barge_in.follow(0.1, "", settled=False)
    barge_in.follow(0.3, "", settled=True)
    assert floor.done == ["duck", "loud", "resume"]
    barge_in.follow(0.3, "no", settled=True)
    assert floor.done[-1] == "cancel"


def test_two_words_are_enough(floor: Floor, barge_in: BargeIn) -> None:
    barge_in.follow(0.2, "wait please", settled=False)
    assert floor.done[-1] == "cancel"


def test_her_own_words_never_interrupt_her(floor: Floor, barge_in: BargeIn) -> None:
    barge_in.follow(0.1, "", settled=False)
    barge_in.follow(0.3, "hoping you would come", settled=False)
    assert floor.done == ["duck", "loud", "resume"]


def test_she_is_not_silent_for_ever(floor: Floor, barge_in: BargeIn) -> None:
    barge_in.follow(0.1, "", settled=False)
    barge_in.follow(SILENT_S, "", settled=False)
    floor.now = PATIENCE_S + 0.1
    barge_in.follow(0.3, "", settled=False)
    assert floor.done[-1] == "resume"


def test_nothing_is_done_while_she_does_not_speak(floor: Floor, barge_in: BargeIn) -> None:
    floor.speaking = False
    barge_in.follow(2.0, "some words", settled=True)
    barge_in.end()
    assert floor.done == []
