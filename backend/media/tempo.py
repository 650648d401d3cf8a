"""Making speech slower or faster at the same pitch, while it comes.

FFmpeg's filter `atempo` does it, by overlapping stretches of the sound where they fit (WSOLA:
Verhelst and Roelands, "An overlap-add technique based on waveform similarity", ICASSP 1993). It
holds back about 50 ms. PyAV brings it on every system.
"""

from __future__ import annotations

from fractions import Fraction

import av
import av.error
import numpy as np

from backend.media.pcm import Pcm

SLOWEST, FASTEST = 0.5, 2.0
"""What the filter does without leaving sound out."""

_NOTHING = np.zeros(0, np.int16)


class TempoStream:
    """Changes the tempo of a sound that comes in pieces.

    Args:
        rate: Sample rate, Hz.
        tempo: Above 1 is faster; `SLOWEST` to `FASTEST`.

    Raises:
        ValueError: The tempo is out of its limits.
    """

    def __init__(self, rate: int, tempo: float) -> None:
        if not SLOWEST <= tempo <= FASTEST:
            raise ValueError(f"a tempo of {tempo:g} is not between {SLOWEST:g} and {FASTEST:g}")
        self._rate = rate
        self._taken = 0
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(
            sample_rate=rate, format="s16", layout="mono", time_base=Fraction(1, rate)
        )
        self._graph.link_nodes(
            source,
            self._graph.add("atempo", f"{tempo:.6f}"),
            self._graph.add("abuffersink"),
        ).configure()

    def feed(self, pcm: Pcm) -> Pcm:
        """Take (samples,) int16; what is ready of the result."""
        if not len(pcm):
            return _NOTHING
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm, np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._taken
        self._taken += len(pcm)
        self._graph.push(frame)
        return self._ready()

    def finish(self) -> Pcm:
        """The rest of the result; nothing more can be fed."""
        if not self._taken:
            return _NOTHING
        self._graph.push(None)
        return self._ready()

    def _ready(self) -> Pcm:
        parts = []
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(frame, av.AudioFrame)
            parts.append(frame.to_ndarray()[0].astype(np.int16))
        return np.concatenate(parts) if parts else _NOTHING
