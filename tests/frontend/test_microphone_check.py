"""The judgement of the microphone test, on synthetic signals."""

from __future__ import annotations

import numpy as np
import pytest

from frontend.microphone_check import judge

RATE = 16_000
SECONDS = 10


def speech(level_db: float, seconds: float = SECONDS) -> np.ndarray:
    """Something like a voice: harmonics of 140 Hz in syllables, with pauses between phrases."""
    times = np.arange(round(RATE * seconds)) / RATE
    voice = sum(np.sin(2 * np.pi * 140 * n * times) / n for n in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * times), 0, None)
    phrases = (times % 3.0 < 2.2).astype(float)
    shaped = voice * syllables * phrases
    loud = np.sqrt(np.mean(np.square(shaped[(syllables > 0.8) & (phrases > 0)])))
    return shaped / loud * 10 ** (level_db / 20)


def noise(level_db: float, seconds: float = SECONDS) -> np.ndarray:
    random = np.random.default_rng(7)
    return random.normal(size=round(RATE * seconds)) * 10 ** (level_db / 20)


def hum(level_db: float, mains: float) -> np.ndarray:
    times = np.arange(RATE * SECONDS) / RATE
    wave = sum(np.sin(2 * np.pi * mains * n * times) / n for n in (1, 2, 3))
    return wave / np.sqrt(np.mean(np.square(wave))) * 10 ** (level_db / 20)


def pcm(sound: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype(np.int16)


CASES = {
    "silent": np.zeros(RATE * SECONDS),
    "quiet": speech(-50) + noise(-78),
    "clipped": speech(6) + noise(-60),
    "noisy": speech(-24) + noise(-36),
    "no_speech": noise(-35),
    "hum": speech(-30) + hum(-36, 50) + noise(-75),
    "good": speech(-20) + noise(-60),
}


@pytest.mark.parametrize("kind", list(CASES))
def test_each_fault_is_found(kind: str) -> None:
    verdict = judge(pcm(CASES[kind]), SECONDS)
    assert verdict.kind == kind, verdict
    assert verdict.good == (kind == "good")
    assert verdict.sentence.endswith(".")


def test_a_hum_of_60_hz_without_speech_is_a_hum_and_not_a_wrong_device() -> None:
    assert judge(pcm(hum(-30, 60) + noise(-80)), SECONDS).kind == "hum"


def test_good_speech_has_its_figures() -> None:
    verdict = judge(pcm(CASES["good"]), SECONDS)
    assert verdict.speech_db == pytest.approx(-20, abs=3)
    assert verdict.noise_db == pytest.approx(-60, abs=2)
    assert verdict.snr_db == pytest.approx(40, abs=4)


def test_a_quiet_voice_in_a_quiet_room_is_not_called_noisy() -> None:
    assert judge(pcm(speech(-38) + noise(-70)), SECONDS).kind == "good"


def test_the_level_decides_between_noisy_and_good() -> None:
    assert judge(pcm(speech(-20) + noise(-44)), SECONDS).good
    assert judge(pcm(speech(-20) + noise(-32)), SECONDS).kind == "noisy"


def test_missing_sound_is_a_device_that_stutters() -> None:
    verdict = judge(pcm(speech(-20, 7.0) + noise(-60, 7.0)), SECONDS)
    assert verdict.kind == "broken"
    assert "30% of the sound is missing" in verdict.sentence


def test_silence_names_the_device() -> None:
    assert judge(np.zeros(RATE, np.int16), device="Headset").sentence.startswith("Headset gives")
    monitor = judge([], device="Monitor of Speakers").sentence
    assert "is no microphone" in monitor


def test_an_offset_alone_is_silence_of_a_voice() -> None:
    verdict = judge(pcm(np.full(RATE * SECONDS, 0.2) + noise(-70)), SECONDS)
    assert verdict.kind == "no_speech"


def test_a_few_full_samples_are_not_clipping() -> None:
    sound = pcm(CASES["good"])
    sound[1_000:1_002] = 32_767
    assert judge(sound, SECONDS).good
