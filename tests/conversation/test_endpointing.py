"""Endpointing by numbers: probabilities in, signals out."""

from __future__ import annotations

import pytest

from backend.conversation.endpointing import Endpointer, EndpointRules, Signal

FRAME = 0.032


def feed(
    endpointer: Endpointer, *parts: tuple[float, float], guarded: bool = False
) -> list[tuple[float, Signal]]:
    """Feed (seconds, probability) parts; when each signal came."""
    told = []
    for seconds, probability in parts:
        for _ in range(round(seconds / FRAME)):
            for signal in endpointer.step(probability, FRAME, guarded=guarded):
                told.append((round(endpointer.now, 3), signal))
    return told


def names(told: list[tuple[float, Signal]]) -> list[Signal]:
    return [signal for _at, signal in told]


def test_an_utterance_begins_with_its_pre_roll_and_ends_after_the_default_pause() -> None:
    endpointer = Endpointer()
    told = feed(endpointer, (1.0, 0.1), (2.0, 0.9), (1.0, 0.05))
    assert names(told) == [Signal.STARTED, Signal.PAUSED, Signal.COMMITTED]
    speech_ended = 31 * FRAME + 62 * FRAME
    assert told[1][0] - speech_ended == pytest.approx(0.2, abs=FRAME)
    assert told[2][0] - speech_ended == pytest.approx(0.7, abs=FRAME)


def test_the_pre_roll_reaches_back_before_the_first_voiced_frame() -> None:
    endpointer = Endpointer()
    feed(endpointer, (1.0, 0.0), (0.2, 0.9))
    assert endpointer.began == pytest.approx(31 * FRAME - 0.45, abs=FRAME)


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("I am done.", 0.4),
        ("Are you there?", 0.4),
        ("そうですか？", 0.4),
        ("tell me a story", 0.7),
        ("I went there and", 1.2),
        ("I like um", 1.2),
        ("first,", 1.2),
    ],
)
def test_the_words_decide_how_long_a_pause_ends_the_utterance(words: str, pause: float) -> None:
    endpointer = Endpointer()
    feed(endpointer, (1.0, 0.9), (0.25, 0.0))
    endpointer.hear_words(words)
    told = feed(endpointer, (2.0, 0.0))
    assert names(told) == [Signal.COMMITTED]
    assert told[0][0] - 31 * FRAME == pytest.approx(pause, abs=FRAME)


def test_a_pause_that_is_none_is_taken_back() -> None:
    told = feed(Endpointer(), (1.0, 0.9), (0.4, 0.0), (1.0, 0.9), (1.0, 0.0))
    assert names(told) == [
        Signal.STARTED,
        Signal.PAUSED,
        Signal.RESUMED,
        Signal.PAUSED,
        Signal.COMMITTED,
    ]


def test_a_click_is_no_utterance() -> None:
    assert feed(Endpointer(), (0.5, 0.0), (0.064, 0.99), (2.0, 0.0)) == []


def test_a_short_noise_is_rejected() -> None:
    told = feed(Endpointer(), (0.5, 0.0), (0.16, 0.99), (2.0, 0.0))
    assert names(told)[-1] is Signal.REJECTED


def test_between_the_thresholds_speech_goes_on_but_does_not_begin() -> None:
    assert feed(Endpointer(), (2.0, 0.4)) == []
    told = feed(Endpointer(), (0.5, 0.9), (2.0, 0.4), (1.0, 0.0))
    assert next(at for at, signal in told if signal is Signal.PAUSED) > 2.5


def test_while_the_character_speaks_more_is_wanted() -> None:
    assert feed(Endpointer(), (2.0, 0.6), guarded=True) == []
    assert feed(Endpointer(), (0.2, 0.95), (1.0, 0.0), guarded=True) == []
    told = feed(Endpointer(), (1.0, 0.95), guarded=True)
    assert told == [(pytest.approx(9 * FRAME, abs=0.001), Signal.STARTED)]


def test_a_monologue_is_split_at_its_quietest_moment_and_nothing_is_lost() -> None:
    endpointer = Endpointer(rules=EndpointRules(longest=6.0))
    told = feed(endpointer, (4.0, 0.9), (0.1, 0.4), (3.0, 0.9), (1.0, 0.0))
    assert names(told) == [Signal.STARTED, Signal.SPLIT, Signal.PAUSED, Signal.COMMITTED]
    assert endpointer.split_at == pytest.approx(4.1, abs=2 * FRAME)


def test_a_button_begins_and_ends_an_utterance_whatever_sounds() -> None:
    endpointer = Endpointer()
    feed(endpointer, (1.0, 0.0))
    endpointer.begin_now()
    assert endpointer.speaking
    assert endpointer.finish() == [Signal.COMMITTED]
    assert endpointer.finish() == []
