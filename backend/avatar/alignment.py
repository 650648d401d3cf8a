"""Lips for speech whose phoneme times nobody told: recordings, and voices without alignments.

If the text is known, espeak-ng speaks it too, and its rendering, whose phoneme times are exact, is
warped onto the foreign sound. If it is not, or if the two do not fit, the lips are guessed from
the sound alone. What was done, and how far it can be trusted, stands in the timeline.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.avatar.audio_lips import timeline_from_audio
from backend.avatar.coarticulation import MouthCurve
from backend.avatar.dtw import align
from backend.avatar.rendering import speak_text
from backend.avatar.speech_features import HOP_SECONDS, cepstra, log_mel, speech_span
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import Phoneme
from backend.errors import EngineError
from backend.media.pcm import Pcm

MIN_CONFIDENCE = 0.2
"""Below this the text is hardly what is said, and the lips follow the sound alone.

Right texts in four foreign voices had 0.3 to 0.65, wrong ones around 0.25: the text is trusted in
doubt, because it comes from the user.
"""

_MAX_SECONDS = 300.0
_MIN_PHONEME_SECONDS = 0.010
_BAND_PART, _BAND_SECONDS = 0.2, (1.0, 6.0)
_MATCHED_COST, _FOREIGN_COST = 4.0, 6.4
"""Mean distances of cepstra: the same words in two voices, and unrelated words."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Phoneme times in a foreign sound.

    Attributes:
        phonemes: In seconds of that sound; stops start at their burst, as espeak-ng stamps them.
        confidence: 0 (the text is not what is said) to 1.
    """

    phonemes: tuple[Phoneme, ...]
    confidence: float


def align_phonemes(
    text: str, pcm: Pcm, sample_rate: int, language: str = "en"
) -> tuple[Phoneme, ...]:
    """The phoneme times of a known text in a sound; see `align_text`."""
    return align_text(text, pcm, sample_rate, language).phonemes


def align_text(text: str, pcm: Pcm, sample_rate: int, language: str = "en") -> Alignment:
    """Find when the phonemes of a known text are said.

    Args:
        text: What is said.
        pcm: (samples,) int16, up to 5 minutes.
        sample_rate: Hz.
        language: BCP 47 tag.

    Returns:
        The times; no phonemes when text or sound hold nothing.

    Raises:
        EngineError: espeak-ng does not speak the language.
    """
    mel = log_mel(pcm, sample_rate)
    start, end = speech_span(mel)
    if not 0 < len(pcm) / sample_rate <= _MAX_SECONDS or end - start < 3:
        return Alignment((), 0.0)
    spoken, phonemes, rate = speak_text(text, language, 1.0)
    if not phonemes:
        return Alignment((), 0.0)
    own = speech_span(log_mel(spoken, rate))
    tempo = (own[1] - own[0]) / (end - start)
    if abs(tempo - 1.0) > 0.05:
        spoken, phonemes, rate = speak_text(text, language, min(max(tempo, 0.5), 2.0))
    own_mel = log_mel(spoken, rate)
    own = speech_span(own_mel)
    seconds = (end - start) * HOP_SECONDS
    band = min(max(seconds * _BAND_PART, _BAND_SECONDS[0]), _BAND_SECONDS[1])
    warp = align(
        cepstra(own_mel)[own[0] : own[1]], cepstra(mel)[start:end], round(band / HOP_SECONDS)
    )
    edges = np.array([p.start for p in phonemes] + [phonemes[-1].end]) / HOP_SECONDS
    places = _spread((warp.map(edges - own[0]) + start) * HOP_SECONDS)
    moved = tuple(
        Phoneme(float(a), float(b), phoneme.ipa)
        for a, b, phoneme in zip(places[:-1], places[1:], phonemes, strict=True)
    )
    trust = (_FOREIGN_COST - warp.cost) / (_FOREIGN_COST - _MATCHED_COST)
    return Alignment(moved, min(max(trust, 0.0), 1.0))


def _spread(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move times apart that warping put together: every phoneme is said, however briefly."""
    steps = np.arange(len(places)) * _MIN_PHONEME_SECONDS
    return np.asarray(np.maximum.accumulate(places - steps) + steps, np.float64)


def mouth_curve_for(pcm: Pcm, sample_rate: int, text: str = "", language: str = "en") -> MouthCurve:
    """The lips for a sound, by alignment when the text is known and fits, else by ear.

    Args:
        pcm: (samples,) int16.
        sample_rate: Hz.
        text: What is said, or empty.
        language: Of the text, BCP 47.
    """
    if text.strip():
        try:
            found = align_text(text, pcm, sample_rate, language)
        except EngineError as error:
            _log.warning("The lips follow the sound alone: %s", error.message)
        else:
            if found.confidence >= MIN_CONFIDENCE:
                return MouthCurve(
                    timeline_from_phonemes(
                        found.phonemes, source="alignment", confidence=found.confidence
                    )
                )
    return timeline_from_audio(pcm, sample_rate)
