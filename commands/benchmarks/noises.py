"""Sounds that are no speech, made by rule: noise of a desk, and music."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from event_system import MICROPHONE_RATE

Wave = NDArray[np.float64]
_BEAT_S = 0.5
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
_CHORDS = (0, 7, 9, 5)


def hiss(seconds: float, seed: int) -> Wave:
    """White noise that comes for a second and goes for two."""
    count = round(seconds * MICROPHONE_RATE)
    on = (np.arange(count) // MICROPHONE_RATE) % 3 == 1
    sound: Wave = np.random.default_rng(seed).standard_normal(count) * on
    return sound


def fan(seconds: float, seed: int) -> Wave:
    """Dull noise that beats nine times a second."""
    count = round(seconds * MICROPHONE_RATE)
    noise = np.random.default_rng(seed).standard_normal(count)
    beat = 1.0 + 0.3 * np.sin(2.0 * np.pi * 9.0 * np.arange(count) / MICROPHONE_RATE)
    sound: Wave = np.convolve(noise, np.ones(40) / 40.0, "same") * beat
    return sound


def keys(seconds: float, seed: int) -> Wave:
    """Somebody types: short bursts, three to sixteen a second."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(0.1 * MICROPHONE_RATE)) / MICROPHONE_RATE

    def stroke() -> Wave:
        decay = np.exp(-at * rng.uniform(100.0, 250.0))
        made: Wave = rng.standard_normal(len(at)) * decay * rng.uniform(0.4, 1.0)
        return made

    return _strewn(seconds, stroke, lambda: rng.uniform(0.06, 0.35))


def thuds(seconds: float, seed: int) -> Wave:
    """Things are put on the desk, and doors fall shut."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(0.3 * MICROPHONE_RATE)) / MICROPHONE_RATE

    def thud() -> Wave:
        body = np.sin(2.0 * np.pi * rng.uniform(60.0, 180.0) * at) * np.exp(-at * 15.0)
        made: Wave = body + 0.3 * rng.standard_normal(len(at)) * np.exp(-at * 40.0)
        return made

    return _strewn(seconds, thud, lambda: rng.uniform(0.7, 2.0))


def music(seconds: float, seed: int) -> Wave:
    """A band: chords, a melody with vibrato, a drum and a hi-hat, 120 beats a minute."""
    rng = np.random.default_rng(seed)
    beats = iter(range(round(seconds / _BEAT_S) + 1))
    at = np.arange(round(1.2 * _BEAT_S * MICROPHONE_RATE)) / MICROPHONE_RATE

    def beat() -> Wave:
        number = next(beats)
        root = 48 + _CHORDS[number // 4 % 4]
        sound = sum(_tone(root + step, at) for step in (0, 4, 7))
        sound = sound + 1.6 * _tone(60 + _SCALE[rng.integers(len(_SCALE))], at)
        drum = np.sin(2.0 * np.pi * 60.0 * at) * np.exp(-at * 25.0) * 4.0 * (number % 2 == 0)
        made: Wave = sound + drum + 1.5 * rng.standard_normal(len(at)) * np.exp(-at * 60.0)
        return made

    return _strewn(seconds, beat, lambda: _BEAT_S)


NOISES: Mapping[str, Callable[[float, int], Wave]] = MappingProxyType(
    {"hiss": hiss, "fan": fan, "keys": keys, "thuds": thuds}
)


def at_level(sound: Wave, dbfs: float) -> Wave:
    """The sound in int16 units, its mean power at a level."""
    gain = 32768.0 * 10.0 ** (dbfs / 20.0) / np.sqrt(np.mean(np.square(sound)))
    loud: Wave = sound * gain
    return loud


def _tone(note: int, at: Wave) -> Wave:
    """A plucked tone by its MIDI number, with eight harmonics."""
    pitch = 440.0 * 2.0 ** ((note - 69) / 12.0)
    phase = 2.0 * np.pi * pitch * at + 0.003 * np.sin(2.0 * np.pi * 5.5 * at)
    harmonics = (np.sin(phase * n) * 0.6**n for n in range(1, 9) if pitch * n < 7_500.0)
    tone: Wave = sum(harmonics, np.zeros(len(at))) * np.exp(-at * 3.0) * np.minimum(1.0, at / 0.01)
    return tone


def _strewn(seconds: float, make: Callable[[], Wave], gap: Callable[[], float]) -> Wave:
    """Sounds that begin one after the other, each `gap` seconds after the one before."""
    sound = np.zeros(round(seconds * MICROPHONE_RATE))
    start = 0.0
    while (first := round(start * MICROPHONE_RATE)) < len(sound):
        one = make()[: len(sound) - first]
        sound[first : first + len(one)] += one
        start += gap()
    return sound
