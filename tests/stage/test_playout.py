"""The playout queue: what sounds when, what was heard, and what a flush drops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import Phoneme
from backend.stage.playout import FRAME_SAMPLES, Cue, Playout, Segment, heard_text
from event_system import PLAYOUT_RATE

SECOND = PLAYOUT_RATE


def segment(
    samples: int, text: str = "one two three four", turn: str = "t", value: int = 1
) -> Segment:
    seconds = samples / PLAYOUT_RATE
    phonemes = (Phoneme(0.0, seconds, "a"),)
    curve = MouthCurve(timeline_from_phonemes(phonemes))
    return Segment(turn, text, np.full(samples, value, np.int16), curve, phonemes=phonemes)


def take_all(playout: Playout, position: int = 0) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """All that sounds, and where on the clock each segment was announced."""
    frames, begun = [], []
    while True:
        frame, starting = playout.take(position)
        if frame is None:
            return np.concatenate(frames or [np.zeros(0, np.int16)]), begun
        assert frame.shape == (FRAME_SAMPLES,)
        assert frame.dtype == np.int16
        frames.append(frame)
        begun += [(position, one.text) for one in starting]
        position += FRAME_SAMPLES


def test_a_frame_is_20_ms() -> None:
    assert FRAME_SAMPLES == 960


def test_nothing_sounds_at_first() -> None:
    playout = Playout()
    assert playout.idle
    assert playout.take(0) == (None, [])
    assert playout.seconds_ahead == 0
    assert playout.at(0) == (None, 0.0)
    assert playout.mouth_at(12345).open == 0
    assert playout.heard("t", 10**9) == []


def test_segments_join_without_a_gap() -> None:
    playout = Playout()
    lengths = [FRAME_SAMPLES + 100, 7, 3 * FRAME_SAMPLES - 50, 1]
    for number, length in enumerate(lengths, start=1):
        playout.add(segment(length, f"s{number}", value=number))
    pcm, begun = take_all(playout)
    total = sum(lengths)
    expected = np.concatenate(
        [np.full(length, number) for number, length in enumerate(lengths, start=1)]
    )
    assert np.array_equal(pcm[:total], expected)
    assert not pcm[total:].any()
    assert len(pcm) % FRAME_SAMPLES == 0
    assert [text for _at, text in begun] == ["s1", "s2", "s3", "s4"]
    assert begun[0][0] == 0
    assert begun[1][0] == begun[2][0] == FRAME_SAMPLES
    assert playout.idle


def test_an_empty_segment_is_no_segment() -> None:
    playout = Playout()
    playout.add(segment(0))
    assert playout.idle


def test_seconds_ahead_counts_what_was_not_taken() -> None:
    playout = Playout()
    playout.add(segment(SECOND))
    playout.add(segment(SECOND // 2))
    assert playout.seconds_ahead == pytest.approx(1.5)
    playout.take(0)
    assert playout.seconds_ahead == pytest.approx(1.48)
    assert not playout.idle


def test_what_is_heard_at_a_position() -> None:
    playout = Playout()
    first, second = segment(SECOND, "first"), segment(SECOND, "second")
    playout.add(first)
    playout.add(second)
    take_all(playout, 5 * SECOND)
    assert playout.at(5 * SECOND - 1) == (None, 0.0)
    assert playout.at(5 * SECOND) == (first, 0.0)
    assert playout.at(5 * SECOND + SECOND // 4) == (first, 0.25)
    assert playout.at(6 * SECOND) == (second, 0.0)
    found, into = playout.at(7 * SECOND - 48)
    assert found is second
    assert into == pytest.approx(0.999)
    assert playout.at(7 * SECOND) == (None, 0.0)


def test_the_mouth_follows_the_clock() -> None:
    playout = Playout()
    spoken = segment(SECOND)
    playout.add(spoken)
    take_all(playout, 2 * SECOND)
    for at in (0.1, 0.5, 0.9):
        assert playout.mouth_at(round((2 + at) * SECOND)) == spoken.curve.at(at)
    assert playout.mouth_at(round(2.5 * SECOND)).open > 0.2
    assert playout.mouth_at(20 * SECOND).open == 0
    assert playout.mouth_at(0).open == 0


def test_what_of_a_turn_was_heard() -> None:
    playout = Playout()
    playout.add(segment(SECOND, "a b", "old"))
    playout.add(segment(SECOND, "c d", "new"))
    playout.add(segment(SECOND, "e f", "new"))
    take_all(playout)
    assert playout.heard("old", SECOND // 2) == [("a b", 0.5)]
    assert playout.heard("new", SECOND // 2) == [("c d", 0.0), ("e f", 0.0)]
    assert playout.heard("new", 2 * SECOND + SECOND // 4) == [("c d", 1.0), ("e f", 0.25)]
    assert playout.heard("new", 10 * SECOND) == [("c d", 1.0), ("e f", 1.0)]
    assert playout.heard("none", 10 * SECOND) == []


def test_what_was_not_taken_was_not_heard() -> None:
    playout = Playout()
    playout.add(segment(SECOND, "a b c d"))
    for frame in range(25):
        playout.take(frame * FRAME_SAMPLES)
    assert playout.heard("t", 10 * SECOND) == [("a b c d", 0.5)]


def test_a_flush_drops_everything_and_counts_up() -> None:
    playout = Playout()
    playout.add(segment(SECOND, "a"))
    playout.add(segment(SECOND, "b"))
    playout.take(0)
    assert playout.flush() == 1
    assert playout.generation == 1
    assert playout.idle
    assert playout.take(FRAME_SAMPLES) == (None, [])
    assert playout.seconds_ahead == 0
    assert playout.heard("t", 10 * SECOND) == []
    assert playout.flush() == 2
    playout.add(segment(FRAME_SAMPLES, "c", value=9))
    frame, begun = playout.take(3 * SECOND)
    assert frame is not None
    assert (frame == 9).all()
    assert [one.text for one in begun] == ["c"]


def test_a_long_turn_is_remembered_whole() -> None:
    playout = Playout()
    for number in range(200):
        playout.add(segment(FRAME_SAMPLES, f"w{number}"))
    take_all(playout)
    assert heard_text(playout.heard("t", 10**9)).split() == [f"w{n}" for n in range(200)]


def test_a_sentence_in_several_chunks_is_heard_chunk_by_chunk() -> None:
    playout = Playout()
    curve = MouthCurve(timeline_from_phonemes(()))
    pcm = np.ones(SECOND, np.int16)
    words = " ".join("abcdefgh")
    playout.add(Segment("t", words, pcm, curve, opens_sentence=True))
    for _part in range(3):
        playout.add(Segment("t", "", pcm, curve, opens_sentence=False))
    for frame in range(100):
        playout.take(frame * FRAME_SAMPLES)
    assert heard_text(playout.heard("t", 2 * SECOND)) == "a b c d"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], ""),
        ([("one two three four", 1.0)], "one two three four"),
        ([("one two three four", 0.99)], "one two three four"),
        ([("one two three four", 0.5)], "one two"),
        ([("one two three four", 0.2)], ""),
        ([("one two", 1.0), ("three four", 0.5), ("five", 0.0)], "one two three"),
        ([("one", 1.0), ("", 1.0)], "one"),
    ],
)
def test_the_words_that_were_heard(parts: list[tuple[str, float]], words: str) -> None:
    assert heard_text(parts) == words


def test_cues_change_the_face_when_they_are_due() -> None:
    cues = (Cue(0.0, nod=True), Cue(0.5, "happy"), Cue(1.0, "sad"), Cue(1.5, nod=True))
    told = replace(segment(2 * SECOND), emotion="shy", cues=cues)
    assert [told.emotion_at(at) for at in (0.0, 0.5, 0.9, 1.0, 9.0)] == [
        "shy", "happy", "happy", "sad", "sad",
    ]  # fmt: skip
    assert [told.nod_at(at) for at in (0.0, 1.4, 1.5)] == [0.0, 0.0, 1.5]
