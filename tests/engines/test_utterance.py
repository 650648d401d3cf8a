"""The utterance of recognisers that decode in one piece, with a recogniser that counts."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from backend.engines.base import Pcm, Transcript
from backend.engines.stt.utterance import AUTO, DroppedError, Utterance
from backend.engines.stt.whisper_window import LONGEST_SECONDS, Recognition
from backend.errors import EngineError

RATE = 16_000


class Counter:
    """Says one number for each half second of sound; doubts itself when not patient."""

    def __init__(self, *, doubts: bool = False, found: str = "en") -> None:
        self.calls: list[tuple[float, str, bool]] = []
        self.doubts = doubts
        self.found = found

    def __call__(
        self, pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        self.calls.append((len(pcm) / RATE, language, patient))
        text = " ".join(str(number) for number in range(len(pcm) * 2 // RATE))
        transcript = Transcript(text, language or self.found, 0.9)
        return Recognition(transcript, settled=patient or not self.doubts)


def loud(seconds: float) -> Pcm:
    t = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 200 * t) * 8000).astype(np.int16)


def quiet(seconds: float) -> Pcm:
    return np.zeros(int(seconds * RATE), np.int16)


def test_partials_wait_for_enough_new_sound() -> None:
    decode = Counter()
    stream = Utterance(decode, "en")
    for _ in range(10):
        stream.feed(loud(0.1))
        stream.partial()
    assert [round(seconds, 1) for seconds, _, _ in decode.calls] == [0.5, 0.7, 0.9]
    assert stream.partial() == Transcript("0", "en", 0.9, stable=1)


def test_without_live_partials_nothing_is_decoded_before_the_end() -> None:
    decode = Counter()
    stream = Utterance(decode, "en", live=False)
    stream.feed(loud(3.0))
    assert stream.partial().text == ""
    assert decode.calls == []
    assert stream.finalize().text == "0 1 2 3 4 5"


def test_a_sure_partial_is_the_final_transcript_a_doubtful_one_is_not() -> None:
    for doubts, calls in ((False, 1), (True, 2)):
        decode = Counter(doubts=doubts)
        stream = Utterance(decode, "en")
        stream.feed(loud(1.0))
        assert stream.partial().text == "0 1"
        assert stream.finalize().text == "0 1"
        assert len(decode.calls) == calls


def test_silence_after_a_speculation_changes_nothing_speech_does() -> None:
    decode = Counter()
    stream = Utterance(decode, "en")
    stream.feed(loud(1.0))
    guess = stream.speculate()
    stream.feed(quiet(0.7))
    assert stream.speculate() == guess
    assert len(decode.calls) == 1
    stream.feed(loud(0.5))
    assert stream.finalize().text == "0 1 2 3"


def test_room_noise_after_a_partial_is_not_worth_another_decode() -> None:
    decode = Counter()
    stream = Utterance(decode, "en")
    stream.feed(loud(1.0))
    assert stream.partial().text == "0 1"
    hiss = np.random.default_rng(0).standard_normal(RATE // 2) * 80
    stream.feed(hiss.astype(np.int16))
    assert stream.speculate().text == "0 1"
    assert stream.finalize().text == "0 1"
    assert len(decode.calls) == 1


def test_the_language_is_kept_once_it_is_sure() -> None:
    decode = Counter(found="ja")
    stream = Utterance(decode, AUTO)
    for _ in range(3):
        stream.feed(loud(1.0))
        assert stream.partial().language == "ja"
    assert [language for _, language, _ in decode.calls] == ["", "", "ja"]


@pytest.mark.parametrize(("language", "gap"), [("en", " "), ("ja", "")])
def test_long_speech_is_decoded_in_pieces_that_are_joined(language: str, gap: str) -> None:
    decode = Counter()
    stream = Utterance(decode, language)
    for _ in range(6):
        stream.feed(loud(9.5))
        stream.feed(quiet(0.5))
        stream.partial()
    found = stream.finalize()
    assert all(seconds <= LONGEST_SECONDS for seconds, _, _ in decode.calls)
    starts = found.text.replace(f"{gap}0 1 2", "|0 1 2", 10)
    assert starts.count("|0 1 2") >= 2
    assert found.confidence == 0.9


def test_the_stable_part_of_long_speech_includes_what_is_finished() -> None:
    stream = Utterance(Counter(), "en")
    for _ in range(40):
        stream.feed(loud(0.8))
        stream.feed(quiet(0.2))
        found = stream.partial()
    assert found.stable == len(found.text.rsplit(" ", 2)[0])
    assert found.stable > 50


def test_a_drop_from_another_thread_ends_the_decode_with_nothing() -> None:
    begun = threading.Event()

    def decode(
        pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        begun.set()
        while not cancelled():
            pass
        raise DroppedError

    stream = Utterance(decode, "en")
    stream.feed(loud(1.0))
    other = threading.Thread(target=lambda: (begun.wait(5), stream.cancel()))
    other.start()
    assert stream.finalize().text == ""
    other.join()
    stream.feed(loud(1.0))
    assert stream.partial().text == stream.speculate().text == ""


def test_an_interrupted_partial_says_what_was_known_and_the_next_one_is_whole() -> None:
    begun, interrupted = threading.Event(), []

    def decode(
        pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        if len(pcm) == RATE * 2 and not interrupted:
            begun.set()
            while not cancelled():
                pass
            interrupted.append(patient)
            raise DroppedError
        return Recognition(Transcript(f"{len(pcm) // RATE} seconds", "en"), settled=True)

    stream = Utterance(decode, "en")
    stream.feed(loud(1.0))
    before = stream.partial()
    stream.feed(loud(1.0))
    other = threading.Thread(target=lambda: (begun.wait(5), stream.interrupt()))
    other.start()
    assert stream.partial() == before == Transcript("1 seconds", "en")
    other.join()
    assert interrupted == [False]
    assert stream.partial().text == "2 seconds"


def test_what_is_decoded_for_good_is_not_interrupted() -> None:
    asked: list[bool] = []

    def decode(
        pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        stream.interrupt()
        asked.append(cancelled())
        return Recognition(Transcript("whole", "en"), settled=True)

    stream = Utterance(decode, "en")
    stream.feed(loud(1.0))
    assert stream.speculate().text == "whole"
    assert asked == [False]


def test_after_its_end_it_takes_no_more() -> None:
    stream = Utterance(Counter(), "en")
    stream.finalize()
    for call in (stream.partial, stream.speculate, stream.finalize):
        with pytest.raises(EngineError, match="has ended"):
            call()
    with pytest.raises(EngineError, match="has ended"):
        stream.feed(loud(0.1))


def test_odd_pieces_are_taken() -> None:
    stream = Utterance(Counter(), "en")
    stream.feed(quiet(0.0))
    for _ in range(50):
        stream.feed(loud(0.0213))
    piece = loud(0.5)
    stream.feed(piece)
    piece[:] = 0
    assert stream.finalize().text == "0 1 2"
