"""How much of a piece of the microphone's sound a loudspeaker explains, and by which path.

An exact answer for half a second of sound: the impulse response that fits best in the sense of
least squares, where an adaptive filter needs seconds of different sounds. It is found by the method
of conjugate gradients (M. R. Hestenes and E. Stiefel, 1952) with products of Toeplitz matrices done
as convolutions, preconditioned by the power spectrum of what was played (R. H. Chan and M. K. Ng,
"Conjugate Gradient Methods for Toeplitz Systems", SIAM Review 38, 1996).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEPS = 12
"""More find little more: what is played excites some frequencies hardly, and they come last."""
_WEIGHT = 1e-4
"""Of the path's own energy, in shares of the played power: what is hardly excited stays small."""
_QUIET = 1e-12

Sound = NDArray[np.float32]


class Fit(NamedTuple):
    """What was found.

    Attributes:
        path: (taps,) the impulse response.
        gain_db: By how much less is left of the sound without what the path explains. A path of
            half as many taps as samples explains up to 3 dB of anything.
    """

    path: Sound
    gain_db: float


def convolved(path: Sound, far: Sound) -> Sound:
    """(samples,) what a path of (taps,) makes of (samples + taps - 1,) played before and then."""
    size = _size(len(far))
    sound = np.fft.irfft(np.fft.rfft(path, size) * np.fft.rfft(far, size), size)
    return np.asarray(sound[len(path) - 1 : len(far)], np.float32)


def fit(near: Sound, far: Sound) -> Fit:
    """Find the path by which a loudspeaker explains most of a sound.

    Args:
        near: (samples,) heard.
        far: (samples + taps - 1,) played; its last samples belong to the last heard.
    """
    taps, size = len(far) - len(near) + 1, _size(len(far))
    played = np.fft.rfft(far, size)
    power = played.real**2 + played.imag**2
    weight = _WEIGHT * float(power.mean()) + _QUIET
    scale = 1.0 / (power + 10.0 * weight)
    heard = slice(taps - 1, len(far))

    def back(rest: Sound) -> Sound:
        padded = np.zeros(size, np.float32)
        padded[heard] = rest
        return np.asarray(np.fft.irfft(played.conj() * np.fft.rfft(padded), size)[:taps])

    def scaled(slope: Sound) -> Sound:
        return np.asarray(np.fft.irfft(scale * np.fft.rfft(slope, size), size)[:taps])

    path, rest = np.zeros(taps, near.dtype), near.copy()
    slope = back(rest)
    step = scaled(slope)
    steepness = float(slope @ step)
    for _ in range(STEPS):
        effect = np.fft.irfft(played * np.fft.rfft(step, size), size)[heard]
        length = steepness / (float(effect @ effect) + weight * float(step @ step) + _QUIET)
        path += length * step
        rest -= length * effect
        slope = back(rest) - weight * path
        new = scaled(slope)
        before, steepness = steepness, float(slope @ new)
        step = new + (steepness / (before + _QUIET)) * step
    left, all_ = float(rest @ rest), float(near @ near)
    return Fit(path.astype(np.float32), 10.0 * float(np.log10((all_ + _QUIET) / (left + _QUIET))))


def _size(least: int) -> int:
    """The next size that transforms fast: a power of two, or three quarters of one."""
    size = 1 << (least - 1).bit_length()
    return size * 3 // 4 if size * 3 // 4 >= least else size
