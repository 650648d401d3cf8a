"""The lips of one sentence, from the chunks in which its voice gives it.

A voice that tells its phonemes is believed. One that does not is aligned with the text: at once
if the sentence comes whole, on the way if it comes in parts. Where the text does not fit, the lips
follow the sound alone. Lips of a part that was given out never change.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace

import numpy as np

from backend.avatar.alignment import MIN_CONFIDENCE, align_text
from backend.avatar.audio_lips import timeline_from_audio
from backend.avatar.coarticulation import GRID_SECONDS, MouthCurve, Rows
from backend.avatar.part_alignment import PartAlignment, PartPhonemes, Rendering, render
from backend.avatar.visemes import VisemeTimeline, timeline_from_phonemes
from backend.engines.base import Phoneme, SpeechChunk, SpeechRequest
from backend.errors import EngineError

_BEFORE, _AFTER = 12, 6
"""Phonemes around a part that shape its lips."""
_SEAM_STEPS = 12
"""Of the grid, 60 ms: the lips of a part start from where those of the last one led."""
_RELEASE_STEPS = 24
"""120 ms after the end of a part that nothing follows, the mouth is at rest."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lips:
    """What is known of the lips of a chunk.

    Attributes:
        curve: In seconds from the chunk's start; its timeline has source and confidence.
        phonemes: Those that begin in it; empty when they are not known.
    """

    curve: MouthCurve
    phonemes: tuple[Phoneme, ...] = ()


class SentenceLips:
    """Makes the lips of one sentence, chunk by chunk in order. `prepare` may run beside it.

    Args:
        request: What is said, and how.
    """

    def __init__(self, request: SpeechRequest) -> None:
        self._request = request
        self._preparing = threading.Lock()
        self._prepared = False
        self._rendering: Rendering | None = None
        self._parts: PartAlignment | None = None
        self._began = False
        self._seconds = 0.0
        self._leads_to: Rows | None = None

    def prepare(self) -> None:
        """Make what sentences in parts need, before the first part is there (about 30 ms)."""
        with self._preparing:
            if self._prepared:
                return
            self._prepared = True
            try:
                self._rendering = render(self._request)
            except EngineError as error:
                _log.warning("The lips follow the sound alone: %s", error.message)

    def of(self, chunk: SpeechChunk) -> Lips:
        """The lips of the next chunk."""
        if chunk.phonemes:
            lips = Lips(MouthCurve(timeline_from_phonemes(chunk.phonemes)), chunk.phonemes)
        elif chunk.whole and not self._began:
            lips = self._of_whole(chunk)
        else:
            lips = self._of_part(chunk)
        self._began = True
        self._seconds += chunk.seconds
        return lips

    def _of_whole(self, chunk: SpeechChunk) -> Lips:
        request = self._request
        try:
            found = align_text(request.text, chunk.pcm, chunk.sample_rate, request.language)
        except EngineError as error:
            _log.warning("The lips follow the sound alone: %s", error.message)
            return Lips(timeline_from_audio(chunk.pcm, chunk.sample_rate))
        if found.confidence < MIN_CONFIDENCE:
            return Lips(timeline_from_audio(chunk.pcm, chunk.sample_rate))
        timeline = timeline_from_phonemes(
            found.phonemes, source="alignment", confidence=found.confidence
        )
        return Lips(MouthCurve(timeline), found.phonemes)

    def _of_part(self, chunk: SpeechChunk) -> Lips:
        self.prepare()
        if self._rendering is None:
            return Lips(timeline_from_audio(chunk.pcm, chunk.sample_rate, whole=False))
        if self._parts is None:
            self._parts = PartAlignment(self._rendering, chunk.sample_rate)
        found = self._parts.feed(chunk.pcm)
        if found.confidence < MIN_CONFIDENCE:
            curve = timeline_from_audio(chunk.pcm, chunk.sample_rate, whole=False)
            return Lips(self._joined(curve, curve.timeline, chunk.seconds, 0))
        start = self._seconds
        window = _window(found)
        # Whole steps of the grid, so that nothing is interpolated.
        before = max(0, int(np.ceil((start - window[0].start) / GRID_SECONDS))) if window else 0
        shift = before * GRID_SECONDS - start
        timeline = timeline_from_phonemes(_moved(window, shift), source="alignment")
        curve = MouthCurve(timeline)
        told = VisemeTimeline(
            tuple(
                replace(one, start=max(0.0, one.start - before * GRID_SECONDS), end=end)
                for one in timeline.events
                if (end := one.end - before * GRID_SECONDS) > 0
                and one.start - before * GRID_SECONDS < chunk.seconds
            ),
            "alignment",
            found.confidence,
        )
        new = _moved(found.told[found.first :], -start)
        return Lips(self._joined(curve, told, chunk.seconds, before), new)

    def _joined(
        self, curve: MouthCurve, timeline: VisemeTimeline, seconds: float, before: int
    ) -> MouthCurve:
        """The part of a curve that belongs to a chunk, led over from the last one's.

        Args:
            curve: The lips around the chunk.
            timeline: What is told of the chunk.
            seconds: The chunk's length.
            before: Steps of the curve before the chunk.
        """
        length = round(seconds / GRID_SECONDS)
        steps = before + np.arange(length + _RELEASE_STEPS + _SEAM_STEPS)
        rows = curve.sample(steps * GRID_SECONDS)
        led, self._leads_to = self._leads_to, rows[length : length + _SEAM_STEPS].copy()
        if led is not None:
            count = min(len(led), length)
            weight = (np.arange(count, dtype=np.float32) / _SEAM_STEPS)[:, None]
            rows[:count] = led[:count] * (1.0 - weight) + rows[:count] * weight
        fall = np.linspace(1.0, 0.0, _RELEASE_STEPS, dtype=np.float32)[:, None]
        rows[length : length + _RELEASE_STEPS] *= fall
        return MouthCurve.from_rows(rows[: length + _RELEASE_STEPS], timeline)


def _window(found: PartPhonemes) -> tuple[Phoneme, ...]:
    """The phonemes that shape the lips of a part."""
    return found.told[max(0, found.first - _BEFORE) :] + found.coming[:_AFTER]


def _moved(phonemes: tuple[Phoneme, ...], seconds: float) -> tuple[Phoneme, ...]:
    return tuple(Phoneme(one.start + seconds, one.end + seconds, one.ipa) for one in phonemes)
