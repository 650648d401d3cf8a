"""What lips can be guessed from: short-time spectra of speech, with numpy alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.media.pcm import FULL_SCALE, Pcm, resample

RATE = 16_000
HOP_SECONDS = 0.010
WINDOW_SECONDS = 0.025
FLOOR_BELOW_PEAK = 11.0
"""Natural log of power: what is that far under the peak is taken for silence."""

_HOP = 160
_WINDOW = 400
_FFT = 512
_BANDS = 24
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
_CEPSTRA = 13

Features = NDArray[np.float32]


def power_spectrum(pcm: Pcm, sample_rate: int) -> Features:
    """Short-time power: (frames, 257) float32, a frame every 10 ms, bins of 31.25 Hz."""
    sound = resample(pcm, sample_rate, RATE).astype(np.float32) / FULL_SCALE
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW))
    count = len(sound) // _HOP + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    spectrum = np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _FFT)
    return np.asarray(np.abs(spectrum) ** 2, np.float32)


def log_mel(pcm: Pcm, sample_rate: int) -> Features:
    """Natural log of the power in 24 mel bands: (frames, 24) float32, a frame every 10 ms."""
    power = power_spectrum(pcm, sample_rate) @ mel_bank(RATE, _FFT).T
    return np.asarray(np.log(power + 1e-7), np.float32)


def cepstra(mel: Features) -> Features:
    """Cepstra and their slopes, normalised over the utterance.

    Args:
        mel: (frames, 24) as `log_mel` makes it.

    Returns:
        (frames, 26) float32; microphone, level and voice are mostly divided out.
    """
    peak = np.percentile(mel.max(axis=1), 95)
    floored = np.maximum(mel, peak - FLOOR_BELOW_PEAK)
    values = floored @ cosine_basis().T
    return with_slopes((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6))


def with_slopes(values: Features) -> Features:
    """Normalised cepstra, the level weighing more, and how each changes: (frames, 26) float32."""
    weighed = np.array(values, np.float32)
    weighed[:, 0] *= 1.5
    slopes = np.gradient(weighed, axis=0) * 2.0 if len(weighed) > 1 else np.zeros_like(weighed)
    return np.concatenate([weighed, slopes], axis=1).astype(np.float32)


def speech_span(mel: Features) -> tuple[int, int]:
    """The first frame with speech and the one after the last; (0, frames) when there is none."""
    level = mel.max(axis=1)
    quiet, loud = np.percentile(level, 5), np.percentile(level, 95)
    threshold = max(float(loud) - 8.0, float(quiet) + 0.25 * float(loud - quiet))
    active = np.flatnonzero(level > threshold)
    if not len(active):
        return 0, len(mel)
    return int(active[0]), int(active[-1]) + 1


@lru_cache(maxsize=1)
def cosine_basis() -> Features:
    """From log-mel bands to cepstra: (13, 24)."""
    band = (np.arange(_BANDS) + 0.5) * np.pi / _BANDS
    return np.cos(np.arange(_CEPSTRA)[:, None] * band).astype(np.float32)


@lru_cache(maxsize=8)
def mel_bank(rate: int, transform: int) -> Features:
    """Triangular filters on the mel scale (2595 log10(1 + f / 700)).

    Args:
        rate: Sample rate of the sound, Hz.
        transform: Length of the Fourier transform, samples.

    Returns:
        (24, transform // 2 + 1) float32, scaled so that a window of `WINDOW_SECONDS` gives the
        same power at any rate.
    """
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_LOW_HZ, _HIGH_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _BANDS + 2) / 2595.0) - 1.0)
    hz = np.arange(transform // 2 + 1) * rate / transform
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.clip(np.minimum(rising, falling), 0.0, None)
    # The window's gain goes with the square of the rate, the number of bins in a band with the
    # transform's length over the rate.
    scale = (RATE / rate) ** 2 * (_FFT / RATE) * (rate / transform)
    return np.asarray(filters * scale, np.float32)
