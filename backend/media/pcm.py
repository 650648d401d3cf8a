"""Small operations on mono 16-bit sound: resampling, mixing down, level, fades and joins.

Everything here works on `(samples,)` int16 arrays and returns new arrays; the sample rate always
travels beside the sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Mono sound: (samples,) int16."""

FULL_SCALE = 32768.0
SILENCE_DBFS = -120.0
"""What `rms_dbfs` says of digital silence, instead of minus infinity."""

_GATE_FRAME_SECONDS = 0.02
_GATE_BELOW_PEAK_DB = 30.0


def to_int16(sound: NDArray[np.floating]) -> Pcm:
    """Round (…,) floats of ±1 full scale to int16; what is beyond is clipped."""
    return _round(sound * FULL_SCALE)


def _round(values: NDArray[np.floating]) -> Pcm:
    rounded: Pcm = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
    return rounded


def resample(pcm: Pcm, src_rate: int, dst_rate: int) -> Pcm:
    """Change the sample rate of a whole sound.

    Args:
        pcm: (samples,) int16 at `src_rate` Hz.
        src_rate: Hz.
        dst_rate: Hz.

    Returns:
        (round(samples * dst_rate / src_rate),) int16, without delay.
    """
    if src_rate == dst_rate or not len(pcm):
        return np.array(pcm, np.int16)
    resampled: Pcm = soxr.resample(np.ascontiguousarray(pcm), src_rate, dst_rate, quality="HQ")
    return resampled


def to_mono(pcm: NDArray[np.int16]) -> Pcm:
    """Average the channels of (samples,) or (samples, channels) int16."""
    if pcm.ndim == 1:
        return np.array(pcm, np.int16)
    return _round(pcm.astype(np.float32).mean(axis=1))


def rms_dbfs(pcm: Pcm) -> float:
    """The level of the whole sound: 20 log10(rms / 32768), at least -120."""
    if not len(pcm):
        return SILENCE_DBFS
    rms = float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))) / FULL_SCALE
    return max(20.0 * float(np.log10(max(rms, 1e-9))), SILENCE_DBFS)


def speech_dbfs(pcm: Pcm, sample_rate: int) -> float:
    """The level of the parts that are not pauses.

    Frames of 20 ms that are more than 30 dB under the loudest one do not count, so that long
    pauses do not make a sentence look quiet.
    """
    size = max(1, int(sample_rate * _GATE_FRAME_SECONDS))
    whole = len(pcm) // size * size
    if not whole:
        return rms_dbfs(pcm)
    power = np.square(pcm[:whole].reshape(-1, size), dtype=np.float64).mean(axis=1)
    voiced = power[power >= power.max() * 10.0 ** (-_GATE_BELOW_PEAK_DB / 10.0)]
    rms = float(np.sqrt(voiced.mean())) / FULL_SCALE
    return max(20.0 * float(np.log10(max(rms, 1e-9))), SILENCE_DBFS)


def apply_gain(pcm: Pcm, gain: float) -> Pcm:
    """Multiply by `gain`; what would be beyond full scale is clipped."""
    return _round(pcm * np.float32(gain))


def peak(pcm: Pcm) -> int:
    """The greatest distance from zero, at least 1."""
    return int(np.abs(pcm.astype(np.int32)).max(initial=1))


def fade(pcm: Pcm, sample_rate: int, seconds_in: float = 0.005, seconds_out: float = 0.005) -> Pcm:
    """Raise the beginning and lower the end along half a cosine, so that a cut does not click."""
    faded = np.array(pcm, np.float32)
    for seconds, part in ((seconds_in, faded), (seconds_out, faded[::-1])):
        count = min(int(seconds * sample_rate), len(part))
        if count:
            ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
            part[:count] *= ramp.astype(np.float32)
    return _round(faded)


def silence(seconds: float, sample_rate: int) -> Pcm:
    """(round(seconds * sample_rate),) zeros."""
    return np.zeros(max(0, round(seconds * sample_rate)), np.int16)


def concat_segments(segments: Sequence[Pcm], sample_rate: int, gap_seconds: float = 0.0) -> Pcm:
    """Join segments of one sample rate, with silence of `gap_seconds` between them."""
    gap = silence(gap_seconds, sample_rate)
    parts: list[Pcm] = []
    for segment in segments:
        if parts and len(gap):
            parts.append(gap)
        parts.append(segment)
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)
