"""Phoneme times of a sentence whose sound comes in parts, while it comes.

The text is known from the start: espeak-ng speaks it, and the parts are followed along its
rendering. Each part costs as much as it is long; what was told of earlier parts stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.avatar.feature_stream import (
    QUIET_BELOW_PEAK,
    CepstraStream,
    MelStream,
    VoiceStatistics,
)
from backend.avatar.open_dtw import Flags, OpenPath, OpenWarp
from backend.avatar.rendering import speak_text
from backend.avatar.speech_features import (
    FLOOR_BELOW_PEAK,
    HOP_SECONDS,
    Features,
    cepstra,
    cosine_basis,
    log_mel,
    speech_span,
)
from backend.engines.base import Phoneme, SpeechRequest
from backend.media.pcm import Pcm

_MARGIN_BEFORE, _MARGIN_AFTER = 2, 3
_PAUSE_FRAMES = 6
"""What is kept of a pause of the rendering: a voice makes its own."""
_LEAST_FRAMES = 4
_MIN_PHONEME_SECONDS = 0.010
_MATCHED_COST, _USUAL_COST, _FOREIGN_COST = 4.6, 5.1, 5.9
"""Mean costs of a frame: the same words in two voices at best and as a rule, unrelated words."""
_DOUBT_FRAMES = 40
"""How many frames speak as loudly as the belief that the text is what is said."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A sentence as espeak-ng says it, ready to be followed.

    Attributes:
        features: (n, 26) float32, its pauses shortened.
        pauses: (n,) bool.
        symbols: The IPA of each phoneme.
        places: (phonemes + 1,) where each begins and the last one ends, in frames with parts.
        expected: What a voice is like, where nothing else is known.
    """

    features: Features
    pauses: Flags
    symbols: tuple[str, ...]
    places: NDArray[np.float64]
    expected: VoiceStatistics


def render(request: SpeechRequest) -> Rendering | None:
    """Let espeak-ng say a sentence; None if nothing in it can be said.

    Raises:
        EngineError: espeak-ng does not speak the language.
    """
    pcm, phonemes, rate = speak_text(request.text, request.language, request.speed)
    if not phonemes:
        return None
    mel = log_mel(pcm, rate)
    start, end = speech_span(mel)
    start, end = max(0, start - _MARGIN_BEFORE), min(len(mel), end + _MARGIN_AFTER)
    level = mel.max(axis=1)
    peak = float(np.percentile(level, 95))
    quiet = level < peak - QUIET_BELOW_PEAK
    kept = _without_long_pauses(quiet, start, end)
    if len(kept) < _LEAST_FRAMES:
        return None
    values = np.maximum(mel, peak - FLOOR_BELOW_PEAK) @ cosine_basis().T
    expected = VoiceStatistics(peak, values.mean(axis=0), np.square(values).mean(axis=0))
    edges = np.array([one.start for one in phonemes] + [phonemes[-1].end]) / HOP_SECONDS
    places = np.interp(edges, kept, np.arange(len(kept)))
    symbols = tuple(one.ipa for one in phonemes)
    return Rendering(cepstra(mel)[kept], quiet[kept], symbols, places, expected)


def _without_long_pauses(quiet: Flags, start: int, end: int) -> NDArray[np.int64]:
    """The frames of [start, end) that are not deep in a pause."""
    kept, run = [], 0
    for frame in range(start, end):
        run = run + 1 if quiet[frame] else 0
        if run <= _PAUSE_FRAMES:
            kept.append(frame)
    return np.array(kept, np.int64)


@dataclass(frozen=True, slots=True)
class PartPhonemes:
    """The phonemes around a part, in seconds from the sentence's start.

    Attributes:
        told: All that began before the part's end; each was or will be heard at that time.
        first: How many of them began before this part.
        coming: Those that follow, where they are expected.
        confidence: 0 (the text is not what is said) to 1.
    """

    told: tuple[Phoneme, ...]
    first: int
    coming: tuple[Phoneme, ...]
    confidence: float


class PartAlignment:
    """Follows one sentence.

    Args:
        rendering: How espeak-ng says it.
        rate: Sample rate of the parts, Hz.
    """

    def __init__(self, rendering: Rendering, rate: int) -> None:
        self._rendering = rendering
        self._rate = rate
        self._mel = MelStream(rate)
        self._cepstra = CepstraStream(rendering.expected)
        self._warp = OpenWarp(rendering.features, rendering.pauses)
        self._starts: list[float] = []
        self._samples = 0

    def feed(self, pcm: Pcm) -> PartPhonemes:
        """Take the next part: (samples,) int16."""
        begin = self._samples / self._rate
        self._samples += len(pcm)
        mel = self._mel.feed(pcm)
        if len(mel):
            self._warp.feed(*self._cepstra.feed(mel))
        path = self._warp.path()
        first = len(self._starts)
        if path is None:
            return PartPhonemes((), 0, (), 0.0)
        starts = self._settle(path, begin, self._samples / self._rate)
        symbols = self._rendering.symbols
        phonemes = tuple(
            Phoneme(a, b, ipa) for a, b, ipa in zip(starts[:-1], starts[1:], symbols, strict=True)
        )
        told = len(self._starts)
        return PartPhonemes(phonemes[:told], first, phonemes[told:], _confidence(path))

    def _settle(self, path: OpenPath, begin: float, end: float) -> list[float]:
        """Fix what begins before `end`; the starts of all phonemes and the last one's end."""
        told = len(self._starts)
        found = path.when(self._rendering.places[told:]) * HOP_SECONDS
        starts = list(self._starts)
        for at in found.tolist():
            least = starts[-1] + _MIN_PHONEME_SECONDS if starts else 0.0
            starts.append(max(at, least, begin))
        count = sum(start < end for start in starts[: len(self._rendering.symbols)])
        self._starts = starts[:count]
        return starts


def _confidence(path: OpenPath) -> float:
    """How well the text fits what was heard; little sound does not speak against it."""
    heard = path.frames
    cost = (_DOUBT_FRAMES * _USUAL_COST + heard * path.cost) / (_DOUBT_FRAMES + heard)
    return min(max((_FOREIGN_COST - cost) / (_FOREIGN_COST - _MATCHED_COST), 0.0), 1.0)
