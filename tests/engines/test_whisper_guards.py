from __future__ import annotations

import numpy as np
import pytest

from backend.engines.base import Pcm
from backend.engines.stt.utterance import agreement
from backend.engines.stt.whisper_guards import (
    SAMPLE_RATE,
    Decoded,
    compression_ratio,
    fades,
    has_sound,
    is_believable,
    is_stock_phrase,
    voiced_seconds,
)
from backend.engines.stt.whisper_window import (
    LONGEST_SECONDS,
    Window,
    log_mel,
    most_tokens,
    quiet_cut,
    recognise,
)

LOOP = "and then " * 20


def voice(seconds: float, pitch: float = 150.0, peak: float = 6000.0) -> Pcm:
    """A buzz with the harmonics of a voice."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * pitch * n * t) / n for n in range(1, 12))
    return (wave / np.abs(wave).max() * peak).astype(np.int16)


def noise(seconds: float, spread: float) -> Pcm:
    chance = np.random.default_rng(3)
    return (chance.standard_normal(int(seconds * SAMPLE_RATE)) * spread).astype(np.int16)


def decoded(
    text: str = "hello there", logprob: float = -0.3, no_speech: float = 0.01, language: str = "en"
) -> Decoded:
    return Decoded(text, language, logprob, no_speech)


def test_words_over_a_voice_are_believed() -> None:
    assert is_believable(decoded(), voice(1.0))


@pytest.mark.parametrize(
    "wrong",
    [
        decoded(LOOP),
        decoded(logprob=-1.4, no_speech=0.8),
        decoded(""),
        decoded(" … ♪ !"),
    ],
)
def test_loops_silence_and_marks_are_not(wrong: Decoded) -> None:
    assert not is_believable(wrong, voice(1.0))


def test_one_bad_measure_alone_is_no_silence() -> None:
    assert is_believable(decoded(no_speech=0.9), voice(1.0))
    assert is_believable(decoded(logprob=-1.5), voice(1.0))


@pytest.mark.parametrize(
    "phrase",
    ["Thanks for watching!", " Thank you.", "you", "ご視聴ありがとうございました。",
     "Subtitles by the Amara.org community", "Don't forget to like and subscribe!"],
)  # fmt: skip
def test_stock_phrases_count_only_over_a_voice(phrase: str) -> None:
    assert is_stock_phrase(phrase)
    assert not is_believable(decoded(phrase), noise(2.0, 1500.0))
    assert not is_believable(decoded(phrase), np.zeros(2 * SAMPLE_RATE, np.int16))
    assert is_believable(decoded(phrase), voice(2.0))


def test_other_words_are_not_stock_phrases() -> None:
    assert not is_stock_phrase("Thank you for the pizza")
    assert not is_stock_phrase("the subtitle of this book is long")
    assert is_believable(decoded("Thank you for the pizza"), noise(1.0, 1500.0))


def test_compression_tells_loops() -> None:
    assert compression_ratio("") == 0.0
    assert compression_ratio("The quick brown fox jumps over the lazy dog.") < 1.2
    assert compression_ratio(LOOP) > 2.4


@pytest.mark.parametrize(
    ("sound", "heard"),
    [
        (np.zeros(0, np.int16), False),
        (np.zeros(16_000, np.int16), False),
        (np.full(16_000, 9000, np.int16), False),
        (noise(1.0, 20.0), False),
        (noise(1.0, 300.0), True),
        (voice(0.1), True),
        (np.full(16_000, -32768, np.int16) * (np.arange(16_000) % 2).astype(np.int16), True),
    ],
)
def test_sound_is_told_from_silence_and_offset(sound: Pcm, heard: bool) -> None:
    assert has_sound(sound) is heard


@pytest.mark.parametrize(
    ("after", "over"),
    [
        (noise(0.2, 0.0), True),
        (noise(0.2, 40.0), True),
        (noise(0.2, 600.0), False),
        (voice(0.02), False),
        (voice(0.2, peak=200.0), False),
    ],
)
def test_noise_far_under_the_speech_is_no_more_of_it(after: Pcm, over: bool) -> None:
    before = voice(1.0)
    assert fades(np.concatenate([before, after]), len(before)) is over


def test_a_sound_alone_does_not_fade() -> None:
    assert not fades(voice(0.5), 0)
    assert fades(np.zeros(0, np.int16), 0)


def test_voicing_tells_a_voice_from_noise() -> None:
    assert voiced_seconds(np.concatenate([voice(1.0), noise(1.0, 1500.0)])) == pytest.approx(
        1, abs=0.1
    )
    assert voiced_seconds(voice(1.0, pitch=90.0)) > 0.8
    assert voiced_seconds(voice(1.0, pitch=350.0)) > 0.8
    assert voiced_seconds(noise(3.0, 4000.0)) < 0.05
    assert voiced_seconds(np.zeros(100, np.int16)) == 0.0


def test_the_window_follows_the_sound() -> None:
    assert Window().seconds(SAMPLE_RATE) == 10.0
    assert Window().seconds(12 * SAMPLE_RATE) == 14.0
    assert Window().seconds(29 * SAMPLE_RATE) == 30.0
    assert Window(short=False).seconds(SAMPLE_RATE) == 30.0
    assert Window(least=5.0).seconds(SAMPLE_RATE) == 5.0


class Runs:
    """A model that gives what it is told, and notes the windows."""

    def __init__(self, *results: Decoded) -> None:
        self.results = list(results)
        self.windows: list[float] = []

    def __call__(self, _pcm: Pcm, seconds: float) -> Decoded:
        self.windows.append(seconds)
        return self.results.pop(0)


@pytest.mark.parametrize("doubtful", [decoded(LOOP), decoded(logprob=-1.3)])
def test_a_doubtful_result_is_tried_again_on_the_full_window(doubtful: Decoded) -> None:
    runs = Runs(doubtful, decoded("better"))
    found = recognise(voice(1.0), Window(), runs, language="en", patient=True)
    assert runs.windows == [10.0, 30.0]
    assert found.settled
    assert found.transcript.text == "better"
    assert found.transcript.confidence == pytest.approx(np.exp(-0.3))


def test_without_patience_the_doubt_is_told() -> None:
    runs = Runs(decoded(logprob=-1.3))
    found = recognise(voice(1.0), Window(), runs, language="en", patient=False)
    assert runs.windows == [10.0]
    assert not found.settled


def test_a_loop_on_the_full_window_is_nothing() -> None:
    runs = Runs(decoded(LOOP), decoded(LOOP))
    found = recognise(voice(1.0), Window(), runs, language="en", patient=True)
    assert found.settled
    assert found.transcript.text == ""
    assert found.transcript.confidence is None


def test_what_the_model_calls_silence_is_not_tried_twice() -> None:
    runs = Runs(decoded(logprob=-1.3, no_speech=0.9))
    found = recognise(noise(1.0, 500.0), Window(), runs, language="ja", patient=True)
    assert runs.windows == [10.0]
    assert found.transcript.text == ""


def test_silence_does_not_even_wake_the_model() -> None:
    runs = Runs()
    found = recognise(np.zeros(48_000, np.int16), Window(), runs, language="de", patient=True)
    assert found.settled
    assert (found.transcript.text, found.transcript.language) == ("", "de")
    assert runs.windows == []


def test_the_cap_follows_the_sound() -> None:
    assert most_tokens(0) == 10
    assert most_tokens(3 * SAMPLE_RATE) == 34


def test_a_long_sound_is_cut_in_its_pause() -> None:
    sound = np.concatenate([voice(24.0), noise(0.6, 10.0), voice(9.0)])
    assert 24.0 < quiet_cut(sound) / SAMPLE_RATE < 24.6 < LONGEST_SECONDS


def test_the_padded_spectrogram_is_that_of_the_padded_sound() -> None:
    extractor = pytest.importorskip(
        "faster_whisper.feature_extractor", reason="the extra faster-whisper is not installed"
    ).FeatureExtractor()
    for sound in (voice(1.234), voice(0.5, peak=3.0), noise(2.0, 900.0)):
        whole = np.zeros(10 * SAMPLE_RATE, np.float32)
        whole[: len(sound)] = sound / 32768.0
        mel = log_mel(sound, 10.0, lambda pcm: extractor(pcm, padding=0))
        assert mel.shape == (80, 1000)
        assert mel.dtype == np.float32
        np.testing.assert_allclose(mel, extractor(whole, padding=0), atol=1e-5)


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [
        ("", "hello", ""),
        ("hello", "hello", "hello"),
        ("hello wor", "hello world", "hello"),
        ("hello world", "hello world and", "hello world"),
        ("hello world.", "hello world, and", "hello"),
        ("hello world and", "hello world", "hello world"),
        ("I scream", "ice cream", ""),
        ("ice", "iced", ""),
        ("今日は天気", "今日は元気", "今日は"),
    ],
)
def test_stable_is_what_two_partials_agree_on(before: str, now: str, stable: str) -> None:
    assert now[: agreement(before, now)] == stable
