"""The playout queue: which speech sounds when on the media clock, and what of it was heard.

Pure bookkeeping in samples, without threads, clocks or sockets. Position 0 of the clock is the
start of the session; a segment is scheduled when its first samples are taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.pose import Mouth
from backend.engines.base import Phoneme
from event_system import FRAME_SECONDS, PLAYOUT_RATE

FRAME_SAMPLES = round(FRAME_SECONDS * PLAYOUT_RATE)
REMEMBERED = 64
"""Segments whose sound is kept after they sounded. Of the newest turn all others are kept without
it, for what was heard of them."""
_REST = Mouth()
_NO_SOUND = np.zeros(0, np.int16)


@dataclass(frozen=True, slots=True)
class Cue:
    """What the face does at a moment of a segment.

    Attributes:
        at: Seconds from the segment's start.
        emotion: The expression from then on, or nothing.
        nod: Whether the head nods.
    """

    at: float
    emotion: str = ""
    nod: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A piece of speech to be heard.

    Attributes:
        turn_id: The turn that it belongs to.
        text: What is said in it, as it is shown.
        pcm: (samples,) int16 at `PLAYOUT_RATE`.
        curve: The lips, in seconds from the segment's start.
        emotion: The expression while it is spoken.
        opens_sentence: Whether a new sentence begins here (for the caption).
        phonemes: Their times in seconds from the segment's start.
        cues: What the face does meanwhile, in order.
    """

    turn_id: str
    text: str
    pcm: NDArray[np.int16]
    curve: MouthCurve
    emotion: str = "neutral"
    opens_sentence: bool = True
    phonemes: tuple[Phoneme, ...] = ()
    cues: tuple[Cue, ...] = ()

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.pcm) / PLAYOUT_RATE

    def emotion_at(self, into: float) -> str:
        """The expression so many seconds into it."""
        shown = [cue.emotion for cue in self.cues if cue.emotion and cue.at <= into]
        return shown[-1] if shown else self.emotion

    def nod_at(self, into: float) -> float | None:
        """When the last nod up to so many seconds into it began, if there was one."""
        nods = [cue.at for cue in self.cues if cue.nod and cue.at <= into]
        return nods[-1] if nods else None


@dataclass(slots=True)
class _Scheduled:
    """A segment that waits or has begun.

    Attributes:
        start: Where its first sample lies on the clock, or would lie; 0 while it waits.
        length: Where it ends, in samples of it; less than it has when it was held there.
        taken: How many of its samples were taken.
        first: The sample from which on it sounds here: after a hold it goes on in the middle.
    """

    segment: Segment
    start: int
    length: int
    taken: int = 0
    first: int = 0

    @property
    def cut(self) -> bool:
        """Whether it was held before its end."""
        return self.length < len(self.segment.pcm)


@dataclass
class Playout:
    """Segments waiting and sounding.

    `generation` counts up at each flush; whatever was sent before is to be dropped. While `held`,
    nothing is given out.
    """

    generation: int = 0
    held: bool = False
    _waiting: deque[_Scheduled] = field(default_factory=deque)
    _current: _Scheduled | None = None
    _history: deque[_Scheduled] = field(default_factory=deque)

    def add(self, segment: Segment) -> None:
        """Queue a segment behind the others."""
        if len(segment.pcm):
            self._waiting.append(_Scheduled(segment, 0, len(segment.pcm)))

    @property
    def idle(self) -> bool:
        """Whether nothing sounds and nothing waits."""
        return self._current is None and not self._waiting

    @property
    def seconds_ahead(self) -> float:
        """How much speech is queued and not yet taken."""
        samples = sum(entry.length - entry.first for entry in self._waiting)
        if self._current:
            samples += self._current.length - self._current.taken
        return samples / PLAYOUT_RATE

    def take(self, position: int) -> tuple[NDArray[np.int16] | None, list[Segment]]:
        """The next 20 ms, to be heard from `position` (samples on the clock) on.

        Returns:
            (FRAME_SAMPLES,) int16, the end padded with silence, or None when nothing sounds; and
            the segments that begin in it.
        """
        if self.idle or self.held:
            return None, []
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        begun: list[Segment] = []
        filled = 0
        while filled < FRAME_SAMPLES:
            if self._current is None:
                if not self._waiting:
                    break
                now = self._current = self._waiting.popleft()
                now.start, now.taken = position + filled - now.first, now.first
                self._remember(now)
                if not now.first:
                    begun.append(now.segment)
            now = self._current
            part = now.segment.pcm[now.taken : now.taken + FRAME_SAMPLES - filled]
            frame[filled : filled + len(part)] = part
            filled += len(part)
            now.taken += len(part)
            if now.taken >= now.length:
                self._current = None
        return frame, begun

    def at(self, position: int) -> tuple[Segment | None, float]:
        """The segment that is heard at a position of the clock, and the seconds into it."""
        # A copy: pictures are drawn in a thread of their own.
        history = tuple(self._history)
        if not history:
            return None, 0.0
        place = bisect_right([entry.start for entry in history], position) - 1
        if place < 0:
            return None, 0.0
        entry = history[place]
        into = (position - entry.start) / PLAYOUT_RATE
        if position - entry.start >= entry.length:
            return None, 0.0
        return entry.segment, into

    def mouth_at(self, position: int) -> Mouth:
        """The lips at a position of the clock: the curve's end overlaps into the pause."""
        history = tuple(self._history)
        if not history:
            return _REST
        place = max(0, bisect_right([entry.start for entry in history], position) - 1)
        entry = history[place]
        if entry.cut and position - entry.start >= entry.length:
            return _REST
        return entry.segment.curve.at((position - entry.start) / PLAYOUT_RATE)

    def flush(self) -> int:
        """Drop everything that waits or sounds; returns the new generation."""
        self._waiting.clear()
        self._current = None
        self._history.clear()
        self.held = False
        self.generation += 1
        return self.generation

    def hold(self, position: int) -> int:
        """Stop at a position of the clock; what is not heard by then waits again.

        Returns:
            The new generation.
        """
        history = self._history
        while history and history[-1].start + history[-1].length > position:
            entry = history[-1]
            heard = max(entry.first, position - entry.start)
            if heard == entry.first:
                history.pop()
            else:
                entry.length = entry.taken = heard
            self._waiting.appendleft(
                _Scheduled(entry.segment, 0, len(entry.segment.pcm), first=heard)
            )
        self._current = None
        self.held = True
        self.generation += 1
        return self.generation

    def heard(self, turn_id: str, until: int) -> list[tuple[str, float]]:
        """What of a turn was heard up to a position of the clock.

        Returns:
            For each sentence that has begun: its text, and the fraction of it that was heard.
        """
        sentences: list[tuple[str, int, int]] = []
        for entry in self._history:
            if entry.segment.turn_id == turn_id:
                _count(sentences, entry, min(entry.taken, until - entry.start))
        for entry in self._waiting:
            if _opens(entry) or not sentences:
                break
            _count(sentences, entry, entry.first)
        return [(text, heard / length) for text, heard, length in sentences]

    def _remember(self, entry: _Scheduled) -> None:
        history = self._history
        while len(history) >= REMEMBERED and history[0].segment.turn_id != entry.segment.turn_id:
            history.popleft()
        if len(history) >= REMEMBERED:
            old = history[-REMEMBERED]
            old.segment = replace(old.segment, pcm=_NO_SOUND)
        history.append(entry)


def _opens(entry: _Scheduled) -> bool:
    return entry.segment.opens_sentence and not entry.first


def _count(sentences: list[tuple[str, int, int]], entry: _Scheduled, until: int) -> None:
    """Add what of a segment was said, up to a sample of it.

    One that opens no sentence, or goes on after a hold, belongs to the one before.
    """
    heard, length = max(0, until - entry.first), entry.length - entry.first
    if _opens(entry) or not sentences:
        sentences.append((entry.segment.text, heard, length))
        return
    text, heard_before, length_before = sentences[-1]
    sentences[-1] = (text, heard_before + heard, length_before + length)


def heard_text(parts: list[tuple[str, float]]) -> str:
    """The words that were heard, from sentences with the fraction of each that was heard."""
    words: list[str] = []
    for text, fraction in parts:
        every = text.split()
        words += every if fraction > 0.98 else every[: int(len(every) * fraction)]
    return " ".join(words)
