"""Lips guessed from sound alone, when nobody knows what is said.

The jaw follows the first formant: an open vowel has its energy between 500 and 1,100 Hz, a closed
one below. Width and rounding follow the second formant, and hiss tells s from a vowel. This sees
no more than a rough mouth, so the timeline carries a low confidence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.avatar.coarticulation import GRID_SECONDS, MOUTH_CHANNELS, MouthCurve
from backend.avatar.speech_features import HOP_SECONDS, RATE, Features, power_spectrum
from backend.avatar.visemes import VisemeTimeline
from backend.media.pcm import Pcm

CONFIDENCE = 0.4

_SMOOTHING_FRAMES = 5
_SPEECH_BELOW_PEAK_DB = 32.0
_PART_DB = 10.0
"""The least that counts as loud in a part of speech: voices at -18 LUFS have 16 to 20 dB there."""
_REST_SECONDS = 0.1

Track = NDArray[np.float64]


def timeline_from_audio(pcm: Pcm, sample_rate: int, *, whole: bool = True) -> MouthCurve:
    """Guess the lips.

    Args:
        pcm: (samples,) int16.
        sample_rate: Hz.
        whole: Whether it holds enough speech to tell how loud the voice is. Else it is taken to be
            as loud as the program's voices are, so that a piece of a pause stays one.

    Returns:
        A curve whose timeline has no events, the source "audio" and a confidence of 0.4; a mouth
        at rest for silence.
    """
    nothing = VisemeTimeline((), "audio", CONFIDENCE if len(pcm) else 0.0)
    if not len(pcm) or not np.any(pcm):
        return MouthCurve.from_rows(np.zeros((0, len(MOUTH_CHANNELS)), np.float32), nothing)
    power = power_spectrum(pcm, sample_rate)
    opening, width, rounding = _guess(power, -np.inf if whole else _PART_DB)
    seconds = len(pcm) / sample_rate
    grid = np.arange(0.0, seconds + _REST_SECONDS, GRID_SECONDS)
    frames = np.arange(len(power)) * HOP_SECONDS
    rows = np.zeros((len(grid), len(MOUTH_CHANNELS)), np.float32)
    for channel, track in (("open", opening), ("width", width), ("round", rounding)):
        rows[:, MOUTH_CHANNELS.index(channel)] = np.interp(grid, frames, _smooth(track), 0.0, 0.0)
    return MouthCurve.from_rows(rows, nothing)


def _guess(power: Features, least_peak_db: float) -> tuple[Track, Track, Track]:
    """Opening, width and rounding of every frame."""
    low, jaw = _decibels(power, 150, 450), _decibels(power, 550, 1150)
    back, front = _decibels(power, 700, 1400), _decibels(power, 1700, 3000)
    hiss = _decibels(power, 3800, 7500)
    voice = np.maximum.reduce([low, jaw, back])
    loud = max(float(np.percentile(voice, 95)), least_peak_db)
    level = np.clip((voice - loud) / _SPEECH_BELOW_PEAK_DB + 1.0, 0.0, 1.0)
    hissing = np.clip((hiss - voice + 3.0) / 9.0, 0.0, 1.0)
    formant = np.clip((jaw - low + 12.0) / 24.0, 0.0, 1.0)
    voiced = level * (1.0 - hissing)
    opening = voiced**1.5 * (0.15 + 0.85 * formant) + 0.1 * hissing * level
    frontness = np.clip((front - back + 8.0) / 16.0, 0.0, 1.0)
    width = voiced * (0.9 * frontness - 0.25) + 0.35 * hissing
    rounding = voiced * np.clip(0.8 - 1.6 * frontness, 0.0, 1.0)
    return np.clip(opening, 0, 1), np.clip(width, -1, 1), rounding


def _decibels(power: Features, low_hz: float, high_hz: float) -> Track:
    """The mean power between two frequencies, in dB."""
    bins = np.arange(power.shape[1]) * RATE / (2.0 * (power.shape[1] - 1))
    band = power[:, (bins >= low_hz) & (bins < high_hz)].mean(axis=1)
    return np.asarray(10.0 * np.log10(band + 1e-9), np.float64)


def _smooth(track: Track) -> Track:
    window = np.hanning(_SMOOTHING_FRAMES + 2)[1:-1]
    # Not "same": of a sound shorter than the window that would give more than went in.
    smoothed: Track = np.convolve(track, window / window.sum())
    return smoothed[_SMOOTHING_FRAMES // 2 :][: len(track)]
