from __future__ import annotations

from statistics import median

import numpy as np
import pytest

from backend.avatar.alignment import (
    align_phonemes,
    align_text,
    mouth_curve_for,
)
from backend.avatar.audio_lips import timeline_from_audio
from backend.avatar.coarticulation import MouthCurve
from backend.avatar.dtw import align
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.media.pcm import concat_segments, silence

TEXT = "Hello everyone, my puppy bumps maps. Five very funny fish saw you go home."
OTHER = "Thank you so much for watching; see you tomorrow at the usual time, and sleep well."


@pytest.fixture(scope="module")
def foreign() -> SpeechChunk:
    """The text by another speaker, slower, lower, and in another order of pauses."""
    voice = EspeakVoice({"variant": "m3", "pitch": 35})
    (chunk,) = voice.synthesize(SpeechRequest(TEXT, speed=0.8, pitch=-2))
    return chunk


def onset_errors(found: tuple, truth: tuple) -> list[float]:
    a = [phoneme for phoneme in found if phoneme.ipa]
    b = [phoneme for phoneme in truth if phoneme.ipa]
    assert [phoneme.ipa for phoneme in a] == [phoneme.ipa for phoneme in b]
    return [abs(x.start - y.start) for x, y in zip(a, b, strict=True)]


def test_phonemes_of_a_foreign_voice_are_found(foreign: SpeechChunk) -> None:
    found = align_phonemes(TEXT, foreign.pcm, foreign.sample_rate, "en")
    errors = onset_errors(found, foreign.phonemes)
    assert median(errors) < 0.015
    assert np.percentile(errors, 90) < 0.09


def test_silence_around_the_speech_moves_the_times(foreign: SpeechChunk) -> None:
    rate = foreign.sample_rate
    padded = concat_segments([silence(1.5, rate), foreign.pcm, silence(0.8, rate)], rate)
    found = align_phonemes(TEXT, padded, rate, "en")
    shifted = [p.start - 1.5 for p in found if p.ipa]
    truth = [p.start for p in foreign.phonemes if p.ipa]
    assert median(abs(a - b) for a, b in zip(shifted, truth, strict=True)) < 0.02


def test_the_wrong_text_is_trusted_less(foreign: SpeechChunk) -> None:
    right = align_text(TEXT, foreign.pcm, foreign.sample_rate)
    wrong = align_text(OTHER, foreign.pcm, foreign.sample_rate)
    assert right.confidence > wrong.confidence + 0.1


def test_nothing_to_align() -> None:
    assert align_phonemes(TEXT, np.zeros(0, np.int16), 16_000) == ()
    assert align_phonemes("", np.ones(16_000, np.int16), 16_000) == ()
    assert align_phonemes(TEXT, np.zeros(160, np.int16), 16_000) == ()


def test_the_curve_says_where_it_comes_from(foreign: SpeechChunk) -> None:
    aligned = mouth_curve_for(foreign.pcm, foreign.sample_rate, TEXT)
    guessed = mouth_curve_for(foreign.pcm, foreign.sample_rate)
    assert (aligned.timeline.source, guessed.timeline.source) == ("alignment", "audio")
    assert aligned.timeline.confidence > guessed.timeline.confidence * 0.5
    true = MouthCurve(timeline_from_phonemes(foreign.phonemes))
    times = np.arange(0, foreign.seconds, 0.02)

    def likeness(curve: MouthCurve) -> float:
        return float(np.corrcoef(true.sample(times)[:, 0], curve.sample(times)[:, 0])[0, 1])

    assert likeness(aligned) > 0.85
    assert 0.35 < likeness(guessed) < likeness(aligned)


def test_guessed_lips_rest_in_silence_and_at_any_level(foreign: SpeechChunk) -> None:
    rate = foreign.sample_rate
    padded = concat_segments([foreign.pcm, silence(1.0, rate)], rate)
    assert timeline_from_audio(padded, rate).at(foreign.seconds + 0.7).open < 0.02
    assert timeline_from_audio(np.zeros(rate, np.int16), rate).at(0.5).open == 0.0
    assert timeline_from_audio(np.zeros(0, np.int16), rate).duration == 0.0
    assert timeline_from_audio(np.full(rate // 100, 900, np.int16), rate).duration > 0.0
    quiet = timeline_from_audio((foreign.pcm // 8).astype(np.int16), rate)
    loud = timeline_from_audio(foreign.pcm, rate)
    times = np.arange(0, foreign.seconds, 0.05)
    assert np.abs(quiet.sample(times) - loud.sample(times)).mean() < 0.05


def test_warping_follows_a_stretched_signal() -> None:
    x = np.linspace(0, 12, 200)
    a = np.stack([np.sin(x), np.cos(x * 0.7)], axis=1).astype(np.float32)
    stretch = (np.linspace(0, 1, 300) ** 1.3 * 199).astype(int)
    warp = align(a, a[stretch], band=120)
    assert warp.a[0] == warp.b[0] == 0
    assert (warp.a[-1], warp.b[-1]) == (199, 299)
    assert (np.diff(warp.a) >= 0).all()
    assert (np.diff(warp.b) >= 0).all()
    assert np.abs(stretch[warp.b] - warp.a).mean() < 1.5
    assert warp.cost < 0.02


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (9, 1), (3, 40), (40, 3)])
def test_warping_extreme_lengths(n: int, m: int) -> None:
    warp = align(np.zeros((n, 2), np.float32), np.ones((m, 2), np.float32), band=2)
    assert (warp.a[-1], warp.b[-1]) == (n - 1, m - 1)
    assert set(warp.a) == set(range(n))
    assert set(warp.b) == set(range(m))
