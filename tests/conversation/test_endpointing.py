"""Endpointing by numbers: probabilities in, signals out."""

from __future__ import annotations

import pytest

from backend.conversation.endpointing import Endpointer, EndpointRules, Gate, Signal

FRAME = 0.032


def feed(
    endpointer: Endpointer, *parts: tuple[float, float], gate: Gate = Gate.OPEN
) -> list[tuple[float, Signal]]:
    """Feed (seconds, probability) parts; when each signal came."""
    told = []
    for seconds, probability in parts:
        for _ in range(round(seconds / FRAME)):
            for signal in endpointer.step(probability, FRAME, gate):
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
    assert told[2][0] - speech_ended == pytest.approx(0.67, abs=FRAME)


def test_the_pre_roll_reaches_back_before_the_first_voiced_frame() -> None:
    endpointer = Endpointer()
    feed(endpointer, (1.0, 0.0), (0.2, 0.9))
    assert endpointer.began == pytest.approx(31 * FRAME - 0.45, abs=FRAME)


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("I am done.", 0.38),
        ("Are you there?", 0.38),
        ("そうですか？", 0.38),
        ("tell me a story", 0.67),
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
    assert feed(Endpointer(), (2.0, 0.6), gate=Gate.GUARDED) == []
    assert feed(Endpointer(), (0.1, 0.95), (1.0, 0.0), gate=Gate.GUARDED) == []
    told = feed(Endpointer(), (1.0, 0.95), gate=Gate.GUARDED)
    assert told == [(pytest.approx(4 * FRAME, abs=0.001), Signal.STARTED)]


def test_a_monologue_is_split_at_a_quiet_moment_and_goes_on() -> None:
    endpointer = Endpointer(rules=EndpointRules(split_from=3.0, longest=6.0))
    told = feed(endpointer, (1.0, 0.9), (0.1, 0.1), (3.0, 0.9), (0.1, 0.1), (2.5, 0.9), (1.0, 0.0))
    assert names(told) == [Signal.STARTED, Signal.SPLIT, Signal.PAUSED, Signal.COMMITTED]
    assert told[1][0] == pytest.approx(4.1, abs=0.1)


def test_a_monologue_without_a_quiet_moment_is_split_all_the_same() -> None:
    endpointer = Endpointer(rules=EndpointRules(split_from=3.0, longest=6.0))
    told = feed(endpointer, (20.0, 0.9))
    assert names(told) == [Signal.STARTED, Signal.SPLIT, Signal.SPLIT, Signal.SPLIT]


def test_a_button_holds_an_utterance_open_through_any_pause() -> None:
    endpointer = Endpointer()
    feed(endpointer, (1.0, 0.0))
    endpointer.begin_now()
    assert endpointer.speaking
    told = feed(endpointer, (0.5, 0.9), (3.0, 0.0), (0.5, 0.9))
    assert names(told) == [Signal.PAUSED, Signal.RESUMED]
    assert endpointer.finish() == [Signal.COMMITTED]
    assert endpointer.finish() == []
    assert not endpointer.held


def test_a_button_pressed_in_silence_is_no_utterance() -> None:
    endpointer = Endpointer()
    endpointer.begin_now()
    feed(endpointer, (2.0, 0.1))
    assert endpointer.finish() == [Signal.REJECTED]


def test_behind_a_shut_gate_nothing_begins_and_what_runs_ends() -> None:
    endpointer = Endpointer()
    assert feed(endpointer, (2.0, 0.99), gate=Gate.SHUT) == []
    feed(endpointer, (1.0, 0.9))
    told = feed(endpointer, (1.0, 0.0), (2.0, 0.9), gate=Gate.SHUT)
    assert names(told) == [Signal.PAUSED, Signal.COMMITTED]


def test_the_pre_roll_never_reaches_into_the_utterance_before() -> None:
    endpointer = Endpointer()
    told = feed(endpointer, (1.0, 0.9), (0.8, 0.0))
    ended, signal = told[-1]
    assert signal is Signal.COMMITTED
    feed(endpointer, (0.2, 0.9))
    assert endpointer.began == pytest.approx(ended, abs=0.001)
