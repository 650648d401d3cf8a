"""A text as espeak-ng says it: the sound whose phoneme times are known."""

from __future__ import annotations

import numpy as np

from backend.engines.base import Phoneme, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.media.pcm import Pcm


def speak_text(text: str, language: str, speed: float) -> tuple[Pcm, list[Phoneme], int]:
    """Speak a whole text.

    Args:
        text: What is said.
        language: BCP 47 tag.
        speed: 1 is the voice's own.

    Returns:
        (samples,) int16, the phonemes in seconds from its start, and the sample rate in Hz.

    Raises:
        EngineError: espeak-ng does not speak the language.
    """
    parts: list[Pcm] = []
    phonemes: list[Phoneme] = []
    at, rate = 0.0, 22_050
    for chunk in EspeakVoice().synthesize(SpeechRequest(text, language=language, speed=speed)):
        parts.append(chunk.pcm)
        phonemes += [Phoneme(p.start + at, p.end + at, p.ipa) for p in chunk.phonemes]
        rate = chunk.sample_rate
        at += chunk.seconds
    return np.concatenate(parts) if parts else np.zeros(0, np.int16), phonemes, rate
