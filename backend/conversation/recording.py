"""Recognising a recording of any length for another program: in parts, cut at the pauses.

The parts give times to the words, and let the live conversation go first in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from backend.engines.base import Pcm
from backend.engines.host import EngineHost
from backend.media.vad import FRAME_SAMPLES, FRAME_SECONDS, VoiceDetector
from event_system import MICROPHONE_RATE

WHOLE_S = 12.0
"""A recording up to here is recognised as one part."""
LONGEST_S = 15.0
"""A part without a pause is cut at the quietest moment before this."""

_VOICE = 0.5
_PAUSE_S = 0.6
_PADDING_S = 0.25
_BLOCK = FRAME_SAMPLES * 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording that holds speech, seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Part:
    """What was said in a stretch of a recording.

    Attributes:
        span: When.
        text: The words; never empty.
        language: BCP 47 tag.
        confidence: 0 to 1, or None when the recogniser does not tell.
        engine: Who recognised it.
    """

    span: Span
    text: str
    language: str
    confidence: float | None
    engine: str


async def recognise_recording(
    host: EngineHost, pcm: Pcm, language: str
) -> AsyncGenerator[Part, None]:
    """Recognise a recording part by part; closing the generator stops the work.

    Args:
        host: Who has the recognisers.
        pcm: (samples,) int16 mono at 16,000 Hz.
        language: BCP 47 tag, or "auto".

    Raises:
        EngineError: No recogniser can do it.
    """
    for span in await asyncio.to_thread(find_parts, pcm):
        start = max(0.0, span.start - _PADDING_S)
        end = span.end + _PADDING_S
        piece = pcm[round(start * MICROPHONE_RATE) : round(end * MICROPHONE_RATE)]
        engine, found = await host.transcribe(piece, language, guest=True)
        if found.text.strip():
            yield Part(span, found.text.strip(), found.language, found.confidence, engine)


def find_parts(pcm: Pcm) -> list[Span]:
    """Where the parts of a recording are.

    Args:
        pcm: (samples,) int16 mono at 16,000 Hz.

    Returns:
        Spans in order. A short recording is one; so is one without a voice that the detector
        knows, because the recogniser may know better, in cuts of `LONGEST_S`.
    """
    seconds = len(pcm) / MICROPHONE_RATE
    detector = VoiceDetector()
    chances: list[float] = []
    for at in range(0, len(pcm), _BLOCK):
        chances += detector.feed(pcm[at : at + _BLOCK])
    spans = _voiced(chances)
    if not spans:
        spans = [Span(0.0, seconds)]
    if seconds <= WHOLE_S:
        return [Span(spans[0].start, min(spans[-1].end, seconds))]
    return [part for span in spans for part in _cut(span, chances, seconds)]


def _voiced(chances: Sequence[float]) -> list[Span]:
    """Stretches of voice, those with less than a pause between them as one."""
    spans: list[Span] = []
    for index, chance in enumerate(chances):
        if chance < _VOICE:
            continue
        start, end = index * FRAME_SECONDS, (index + 1) * FRAME_SECONDS
        if spans and start - spans[-1].end < _PAUSE_S:
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
    return spans


def _cut(span: Span, chances: Sequence[float], seconds: float) -> list[Span]:
    """Cut a long stretch where the voice is least certain, in the second half of what may be."""
    parts: list[Span] = []
    start = span.start
    while span.end - start > LONGEST_S:
        first = round((start + LONGEST_S / 2) / FRAME_SECONDS)
        last = round((start + LONGEST_S) / FRAME_SECONDS)
        window = chances[first:last]
        at = first + min(range(len(window)), key=window.__getitem__) if window else last
        parts.append(Span(start, at * FRAME_SECONDS))
        start = at * FRAME_SECONDS
    parts.append(Span(start, min(span.end, seconds)))
    return parts
