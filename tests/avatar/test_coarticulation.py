from __future__ import annotations

import time

import numpy as np
import pytest

from backend.avatar.coarticulation import MOUTH_CHANNELS, MouthCurve, target_opening
from backend.avatar.pose import Mouth
from backend.avatar.visemes import (
    Viseme,
    VisemeEvent,
    VisemeTimeline,
    timeline_from_phonemes,
)
from backend.engines.base import SpeechRequest
from backend.engines.tts.espeak import EspeakVoice

OPEN, WIDTH, ROUND, TUCK, PRESS, TONGUE = range(6)
TEXT = "Peter Piper picked a peck of pickled peppers and Bob bought my brown map. Five funny fish."


def curve(*parts: tuple[Viseme, float]) -> MouthCurve:
    at, events = 0.0, []
    for viseme, seconds in parts:
        events.append(VisemeEvent(at, at + seconds, viseme))
        at += seconds
    return MouthCurve(VisemeTimeline(tuple(events)))


@pytest.fixture(scope="module")
def spoken() -> VisemeTimeline:
    (chunk,) = EspeakVoice().synthesize(SpeechRequest(TEXT))
    return timeline_from_phonemes(chunk.phonemes)


def test_outside_the_speech_the_mouth_rests() -> None:
    mouth = curve((Viseme.AA, 0.3))
    assert mouth.at(-0.1) == Mouth()
    assert mouth.at(99.0) == Mouth()
    assert not mouth.sample([-1.0, 99.0]).any()
    assert mouth.at(mouth.duration - 0.01).open < 0.02


def test_no_speech_is_rest_everywhere() -> None:
    mouth = MouthCurve(VisemeTimeline(()))
    assert mouth.at(0.0) == Mouth()
    assert mouth.sample([0.0, 1.0]).shape == (2, 6)


def test_shapes_show_what_they_are() -> None:
    middle = {viseme: curve((viseme, 0.3)).at(0.15) for viseme in Viseme}
    assert middle[Viseme.AA].open > 0.7
    assert middle[Viseme.I].width > 0.5 > middle[Viseme.I].open
    assert middle[Viseme.U].round > 0.8
    assert middle[Viseme.TH].tongue > 0.6
    assert middle[Viseme.FF].tuck == pytest.approx(1)
    assert middle[Viseme.PP].press == pytest.approx(1)
    assert middle[Viseme.SIL] == Mouth()
    assert target_opening(Viseme.AA) > target_opening(Viseme.E) > target_opening(Viseme.PP) == 0


def test_neighbours_colour_each_other() -> None:
    ooze = curve((Viseme.SS, 0.1), (Viseme.U, 0.2)).at(0.05)
    ease = curve((Viseme.SS, 0.1), (Viseme.I, 0.2)).at(0.05)
    assert ooze.round > ease.round + 0.1
    assert ease.width > ooze.width + 0.1


def test_a_rounded_vowel_is_prepared_early() -> None:
    mouth = curve((Viseme.DD, 0.3), (Viseme.U, 0.2))
    assert mouth.at(0.26).round > mouth.at(0.1).round + 0.15


def test_a_short_vowel_does_not_reach_its_target() -> None:
    def peak(seconds: float) -> float:
        mouth = curve((Viseme.DD, 0.1), (Viseme.AA, seconds), (Viseme.DD, 0.1))
        return float(mouth.sample(np.arange(0, 1, 0.005))[:, OPEN].max())

    assert peak(0.04) < 0.75 * peak(0.2)


@pytest.mark.parametrize("fps", [25, 30, 60])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.5, 0.8])
def test_every_closure_is_seen_in_a_frame(spoken: VisemeTimeline, fps: int, phase: float) -> None:
    times = (np.arange(int(spoken.end * fps) + 2) + phase) / fps
    rows = MouthCurve(spoken).sample(times)
    closures = [event for event in spoken.events if event.viseme is Viseme.PP]
    assert len(closures) >= 12
    for event in closures:
        near = np.abs(times - (event.start + event.end) / 2) <= 0.5 / fps + 1e-6
        closed = rows[near]
        assert closed[:, PRESS].max() == pytest.approx(1.0, abs=1e-3)
        assert closed[:, OPEN].min() < 1e-3


def test_closure_and_tuck_overrule_the_blend(spoken: VisemeTimeline) -> None:
    mouth = MouthCurve(spoken)
    for event in spoken.events:
        middle = mouth.at((event.start + event.end) / 2)
        if event.viseme is Viseme.PP:
            assert (middle.press, middle.open, middle.tuck) == pytest.approx((1, 0, 0), abs=1e-3)
        if event.viseme is Viseme.FF:
            # Lips that close for a neighbouring p, b or m take the tuck's place.
            assert middle.tuck == pytest.approx(1 - middle.press, abs=0.01)
            assert middle.open < 0.1


def test_values_stay_in_their_ranges_and_move_smoothly(spoken: VisemeTimeline) -> None:
    rows = MouthCurve(spoken).sample(np.arange(0, spoken.end + 1, 0.005))
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert (rows >= (0, -1, 0, 0, 0, 0)).all()
    assert (rows <= 1).all()
    assert np.abs(np.diff(rows, axis=0)).max() < 0.35


def test_one_moment_and_many_agree(spoken: VisemeTimeline) -> None:
    mouth = MouthCurve(spoken)
    times = [0.0, 0.1234, 1.0017, 2.5, spoken.end]
    for row, moment in zip(mouth.sample(times), times, strict=True):
        asked = mouth.at(moment)
        assert [getattr(asked, name) for name in MOUTH_CHANNELS] == pytest.approx(row, abs=1e-5)
        assert all(type(getattr(asked, name)) is float for name in MOUTH_CHANNELS)


def test_a_measured_curve_is_played_back() -> None:
    rows = np.zeros((101, 6), np.float32)
    rows[:, OPEN] = np.linspace(0, 1, 101)
    mouth = MouthCurve.from_rows(rows, VisemeTimeline((), "audio", 0.4))
    assert mouth.duration == pytest.approx(0.5)
    assert mouth.at(0.25).open == pytest.approx(0.5)
    assert mouth.timeline.source == "audio"


def test_it_is_fast_enough_for_every_frame(spoken: VisemeTimeline) -> None:
    started = time.process_time()
    mouth = MouthCurve(spoken)
    built = time.process_time() - started
    started = time.process_time()
    for index in range(2000):
        mouth.at(index / 500)
    asked = (time.process_time() - started) / 2000
    assert built < 0.05
    assert asked < 60e-6
