"""Bringing voices that do not do it themselves to the same loudness."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from backend.engines.base import Pcm, SpeechChunk, SpeechRequest, Voice
from backend.media.loudness import VoiceLevel, gain_to
from backend.media.pcm import apply_gain

LEAST_GAIN, MOST_GAIN = 0.1, 10.0
"""20 dB down or up: beyond it the sound is no voice, or there is none."""


@dataclass
class SentenceLevel:
    """One sentence on its way: every chunk of it gets the same gain.

    The first sentence of a voice is judged by its first chunk; those that follow by all that was
    heard of the voice before.
    """

    voice: VoiceLevel
    _gain: float | None = None
    _sounds: list[Pcm] = field(default_factory=list)
    _rate: int = 0

    def apply(self, chunk: SpeechChunk) -> SpeechChunk:
        """The chunk at the voice's loudness."""
        if self._gain is None:
            heard = self.voice.seconds > 0
            gain = self.voice.gain if heard else gain_to(chunk.pcm, chunk.sample_rate)
            self._gain = min(max(gain, LEAST_GAIN), MOST_GAIN)
        if not self.voice.known:
            self._sounds.append(chunk.pcm)
            self._rate = chunk.sample_rate
        return replace(chunk, pcm=apply_gain(chunk.pcm, self._gain))

    def end(self) -> None:
        """The sentence was spoken to its end: learn from it."""
        if self._sounds:
            self.voice.hear(np.concatenate(self._sounds), self._rate)


class Leveller:
    """What is known of the loudness of every voice."""

    def __init__(self) -> None:
        self._voices: dict[tuple[str, str], VoiceLevel] = {}

    def sentence(self, voice: Voice, request: SpeechRequest) -> SentenceLevel | None:
        """Begin a sentence; None for a voice that has the right loudness by itself."""
        if voice.levelled:
            return None
        key = (voice.name + voice.fingerprint(), request.voice)
        return SentenceLevel(self._voices.setdefault(key, VoiceLevel()))
