"""A sentence's sound in windows: the first one small, so that it is heard early.

The windows join without a seam: the vocoder gives the same samples for any division, and one
resampler runs through all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from backend.engines.tts.piper_phonemes import Sound
from backend.media.loudness import soft_limit
from backend.media.pcm import FULL_SCALE, Pcm

FIRST_SECONDS = 0.4
"""Sound of the first window: enough to bridge the making of the second."""
FADE_SECONDS = 0.005

_BUSY = 0.5
"""Part of the time that is already bridged in which the next window has to be made."""
_GROWTH = (1.0, 8.0)
_CUT_WITHIN = (0.75, 1.5)


def window_ends(
    total: int, frame_seconds: float, seconds_a_frame: float, sounds: Sequence[Sound]
) -> Iterator[int]:
    """Where the windows of a sentence end, in frames, the last at `total`.

    Args:
        total: The sentence's frames.
        frame_seconds: Length of a frame as it is heard.
        seconds_a_frame: What the vocoder needs for one.
        sounds: The phonemes; windows end between two of them where they can.
    """
    edges = np.array([sound.end for sound in sounds], np.int64)
    speed = frame_seconds / seconds_a_frame if seconds_a_frame > 0 else _GROWTH[0]
    growth = min(max(_BUSY * speed, _GROWTH[0]), _GROWTH[1])
    done, size = 0, FIRST_SECONDS / frame_seconds
    while total - done > size * _CUT_WITHIN[1]:
        least, most = (done + size * part for part in _CUT_WITHIN)
        near = edges[(edges >= least) & (edges <= most)]
        done = int(near[np.abs(near - done - size).argmin()] if len(near) else done + size)
        yield done
        size = done * growth
    yield total


class SoundShaper:
    """Brings the windows of one sentence to a rate, a loudness and quiet edges.

    Args:
        sample_rate: Of the windows, Hz.
        out_rate: Of the result, Hz.
        pitch: Factor by which the sound is played faster.
        gain: Factor on the samples.
    """

    def __init__(self, sample_rate: int, out_rate: int, pitch: float, gain: float) -> None:
        self._resampler = soxr.ResampleStream(
            sample_rate * pitch, out_rate, 1, dtype="float32", quality="HQ"
        )
        self._fade = max(1, round(FADE_SECONDS * sample_rate))
        self._gain = np.float32(gain)
        self._begun = False

    def shape(self, sound: NDArray[np.float32], *, last: bool) -> Pcm:
        """Take the next window: (samples,) float32, ±1; gives int16, a little later than taken."""
        shaped = soft_limit(sound * self._gain)
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(self._fade) / self._fade)).astype(np.float32)
        count = min(self._fade, len(shaped))
        if not self._begun:
            shaped[:count] *= ramp[:count]
            self._begun = True
        if last and count:
            shaped[-count:] *= ramp[:count][::-1]
        done = self._resampler.resample_chunk(shaped, last=last) * FULL_SCALE
        pcm: Pcm = np.clip(np.rint(done), -32768, 32767).astype(np.int16)
        return pcm
