"""A clean microphone is told from a noisy one, and its sound is not suppressed."""

from __future__ import annotations

import numpy as np
import pytest

from backend.media.microphone import BLOCK, RATE, MicrophoneFilter
from backend.media.noise_meter import NoiseMeter

BLOCKS_OF_A_SECOND = 100


def told(meter: NoiseMeter, noise_db: float, voice_db: float, seconds: float = 3.0) -> bool:
    """Words of 0.3 s with pauses of 0.1 s."""
    for k in range(round(seconds * BLOCKS_OF_A_SECOND)):
        meter.measure(voice_db if k % 40 < 30 else noise_db)
    return meter.clean


@pytest.mark.parametrize(("noise", "clean"), [(-75.0, True), (-60.0, True), (-50.0, False)])
def test_noise_far_below_the_voice_is_clean(noise: float, clean: bool) -> None:
    assert told(NoiseMeter(), noise, -22.0) is clean


def test_nothing_is_known_before_a_fifth_of_a_second() -> None:
    assert not told(NoiseMeter(), -90.0, -90.0, seconds=0.1)


def test_a_noise_that_begins_is_noticed_and_one_that_ends_as_well() -> None:
    meter = NoiseMeter()
    assert told(meter, -65.0, -25.0)
    assert not told(meter, -40.0, -25.0, seconds=6)
    assert told(meter, -65.0, -25.0, seconds=6)


def test_on_the_edge_it_does_not_go_to_and_fro() -> None:
    meter = NoiseMeter()
    assert told(meter, -60.0, -25.0)
    assert told(meter, -55.0, -25.0, seconds=6)
    assert not told(NoiseMeter(), -55.0, -25.0)


def voice(noise: float) -> np.ndarray:
    """Ten words of a hum, with noise: (samples,) int16."""
    t = np.arange(4 * RATE) / RATE
    hum = np.asarray(sum(np.sin(2 * np.pi * 150 * n * t) / n for n in range(1, 12)))
    spoken = hum * 5000 * (np.sin(2 * np.pi * 2.5 * t) > -0.3)
    hiss = np.random.default_rng(3).normal(0.0, noise, len(t))
    return (spoken + hiss).astype(np.int16)


def filtered(sound: np.ndarray, *, noise: bool) -> np.ndarray:
    return MicrophoneFilter(noise=noise).process(sound, np.zeros_like(sound)).sound


def test_a_clean_voice_passes_as_it_is() -> None:
    sound = voice(noise=3.0)
    late = slice(2 * RATE, None)
    kept = MicrophoneFilter(noise=False, echo=False)
    bare = kept.process(sound, np.zeros_like(sound)).sound
    assert np.array_equal(filtered(sound, noise=True)[late], bare[late])


def test_noise_is_taken_out_of_a_noisy_one() -> None:
    sound = voice(noise=900.0)
    sound[3 * RATE :] = np.random.default_rng(4).normal(0.0, 900.0, RATE).astype(np.int16)
    rest = filtered(sound, noise=True)[-RATE // 2 :].astype(float)
    assert np.sqrt(np.mean(rest**2)) < 450


def test_going_over_makes_no_click() -> None:
    """A tone without a pause counts as noise after four seconds."""
    t = np.arange(6 * RATE) / RATE
    tone = (np.sin(2 * np.pi * 200 * t) * 9000).astype(np.int16)
    tone[: RATE // 2] = np.random.default_rng(5).normal(0.0, 4.0, RATE // 2).astype(np.int16)
    way = MicrophoneFilter()
    heard, ways = [], []
    for start in range(0, len(tone), BLOCK):
        block = tone[start : start + BLOCK]
        heard.append(way.process(block, np.zeros_like(block)).sound)
        ways.append(way._way)
    assert ways[200] == "bare" != ways[-1]
    steepest = 9000 * 2 * np.pi * 200 / RATE
    steps = np.abs(np.diff(np.concatenate(heard).astype(float)))
    assert steps[RATE // 2 + BLOCK :].max() < 2.5 * steepest
