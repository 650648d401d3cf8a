"""Tempo by FFmpeg's filter: length, pitch, seams between pieces, and what it holds back."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engines.base import SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.media.tempo import TempoStream

RATE = 22_050


def vowel(hertz: float, seconds: float = 2.0) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * k * at) / k for k in range(1, 6))
    return (tones * 5_000).astype(np.int16)


def changed(pcm: np.ndarray, tempo: float, size: int = 1_103) -> np.ndarray:
    stream = TempoStream(RATE, tempo)
    parts = [stream.feed(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    return np.concatenate([*parts, stream.finish()])


def pitch(pcm: np.ndarray) -> float:
    """The strongest frequency of a steady tone, Hz."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)), 1 << 18))
    return float(np.fft.rfftfreq(1 << 18, 1 / RATE)[spectrum.argmax()])


@pytest.mark.parametrize("tempo", [0.65, 0.8, 1.25, 1.55])
def test_it_gets_longer_or_shorter_at_the_same_pitch_without_clicks(tempo: float) -> None:
    before = vowel(160.0)
    after = changed(before, tempo)
    assert len(after) * tempo / len(before) == pytest.approx(1.0, abs=0.03)
    assert pitch(after) == pytest.approx(160.0, rel=0.01)
    steps, own = (np.abs(np.diff(one.astype(int))).max() for one in (after, before))
    assert steps < own * 1.3


def test_how_the_sound_is_cut_into_pieces_changes_nothing() -> None:
    before = vowel(200.0, 1.0)
    assert (changed(before, 1.2, 331) == changed(before, 1.2, 9_000)).all()


def test_speech_keeps_its_pauses_in_proportion() -> None:
    (chunk,) = EspeakVoice().synthesize(SpeechRequest("One, two, three, and four."))
    after = changed(chunk.pcm, 0.8)
    assert len(after) * 0.8 / len(chunk.pcm) == pytest.approx(1.0, abs=0.03)
    loud = [(np.abs(one.astype(int)) > 500).mean() for one in (chunk.pcm, after)]
    assert loud[0] == pytest.approx(loud[1], abs=0.05)


def test_it_holds_back_little() -> None:
    stream = TempoStream(RATE, 1.25)
    given = sum(len(stream.feed(part)) for part in np.array_split(vowel(150.0, 1.0), 50))
    assert given * 1.25 / RATE > 0.85


def test_nothing_gives_nothing() -> None:
    stream = TempoStream(RATE, 0.9)
    assert len(stream.feed(np.zeros(0, np.int16))) == 0
    assert len(stream.finish()) == 0


@pytest.mark.parametrize("tempo", [0.4, 2.1])
def test_what_would_not_sound_is_refused(tempo: float) -> None:
    with pytest.raises(ValueError, match="is not between"):
        TempoStream(RATE, tempo)
