"""Features of speech that comes in pieces, each frame as soon as its sound is there.

What `speech_features` makes of a whole sound is made here step by step: the level and the voice
are divided out by what was heard so far, at first by what speech is like in general.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.speech_features import (
    FLOOR_BELOW_PEAK,
    HOP_SECONDS,
    WINDOW_SECONDS,
    Features,
    cosine_basis,
    mel_bank,
    with_slopes,
)
from backend.media.pcm import FULL_SCALE, Pcm

QUIET_BELOW_PEAK = 8.0
"""Natural log of power: a frame whose loudest band is that far under the peak is a pause."""

_PRIOR_FRAMES = 10.0
"""How many frames what is known beforehand counts for."""
_LEAD_FRAMES = 12
"""How much of the silence before the speech counts: of more of it, the voice is not learned."""
_LOUD_PERCENTILE = 92
_LEAST_LOUD_FRAMES = 10


class MelStream:
    """The log-mel frames of a sound in pieces, those of `speech_features.log_mel` of the whole.

    It works at the sound's own rate, because a resampler would hold back 32 ms.

    Args:
        rate: Sample rate of the sound, Hz.
    """

    def __init__(self, rate: int) -> None:
        self._hop = rate * HOP_SECONDS
        self._before = round(WINDOW_SECONDS * rate) // 2
        self._window = np.hanning(2 * self._before).astype(np.float32)
        self._transform = 1 << (2 * self._before - 1).bit_length()
        self._bank = mel_bank(rate, self._transform).T
        self._kept = np.zeros(self._before, np.float32)
        self._start = -self._before
        self._frames = 0

    def feed(self, pcm: Pcm) -> Features:
        """Take (samples,) int16; the frames that are complete now: (frames, 24) float32."""
        self._kept = np.concatenate([self._kept, pcm.astype(np.float32) / FULL_SCALE])
        room = self._start + len(self._kept) - self._before
        count = max(0, int(room / self._hop) + 1 - self._frames) if room >= 0 else 0
        starts = self._starts(count)
        starts = starts[starts + 2 * self._before <= len(self._kept)]
        if not len(starts):
            return np.zeros((0, self._bank.shape[1]), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._before)[starts]
        power = np.abs(np.fft.rfft(frames * self._window, self._transform)) ** 2
        self._frames += len(starts)
        done = max(0, int(self._starts(1)[0]))
        self._kept = self._kept[done:]
        self._start += done
        return np.asarray(np.log(power.astype(np.float32) @ self._bank + 1e-7), np.float32)

    def _starts(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Where in the kept samples the windows of the next frames begin."""
        centres = np.rint((self._frames + np.arange(count)) * self._hop)
        starts: np.ndarray[tuple[int], np.dtype[np.int64]] = centres.astype(np.int64)
        return starts - self._before - self._start


@dataclass(frozen=True, slots=True)
class VoiceStatistics:
    """What cepstra of a voice are like.

    Attributes:
        peak: The loudest band of loud frames, natural log of power.
        mean: (13,).
        square: (13,): mean of the squares.
    """

    peak: float
    mean: Features
    square: Features


class CepstraStream:
    """Normalised cepstra with slopes of a sound in pieces, like `speech_features.cepstra`.

    Args:
        expected: What the voice is like, as long as little of it was heard.
    """

    def __init__(self, expected: VoiceStatistics) -> None:
        self._expected = expected
        self._loud: list[float] = []
        self._count = 0
        self._sum = np.zeros_like(expected.mean)
        self._square = np.zeros_like(expected.square)
        self._spoken = False
        self._last: Features | None = None

    def feed(self, mel: Features) -> tuple[Features, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """Take (frames, 24) log-mel, at least one.

        Returns:
            (frames, 26) float32, and which frames are quiet: (frames,) bool.
        """
        expected = self._expected
        level = mel.max(axis=1)
        self._loud += level[level > expected.peak - QUIET_BELOW_PEAK].tolist()
        peak = self._peak()
        values = np.maximum(mel, peak - FLOOR_BELOW_PEAK) @ cosine_basis().T
        quiet = level < peak - QUIET_BELOW_PEAK
        spoken = np.logical_or.accumulate(~quiet) | self._spoken
        lead = max(0, _LEAD_FRAMES - self._count)
        self._learn(values[spoken | (np.cumsum(~spoken) <= lead)])
        self._spoken = bool(spoken[-1])
        whole = _PRIOR_FRAMES + self._count
        mean = (_PRIOR_FRAMES * expected.mean + self._sum) / whole
        square = (_PRIOR_FRAMES * expected.square + self._square) / whole
        scaled = (values - mean) / np.sqrt(np.maximum(square - mean**2, 1e-6))
        known = scaled if self._last is None else np.concatenate([self._last, scaled])
        self._last = scaled[-1:]
        features = with_slopes(known)[len(known) - len(scaled) :]
        return features, quiet

    def _learn(self, values: Features) -> None:
        """Count what was heard: (frames, 13)."""
        self._count += len(values)
        self._sum = self._sum + values.sum(axis=0)
        self._square = self._square + np.square(values).sum(axis=0)

    def _peak(self) -> float:
        count = len(self._loud)
        if count <= _LEAST_LOUD_FRAMES:
            return self._expected.peak
        heard = float(np.percentile(self._loud, _LOUD_PERCENTILE))
        return (_PRIOR_FRAMES * self._expected.peak + count * heard) / (_PRIOR_FRAMES + count)
