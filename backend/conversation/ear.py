"""The ear of a session: from microphone frames to utterances, in sound alone.

Filter, voice detection and endpointing put together, without recogniser, clock or event loop. It
keeps the recent sound, so that an utterance begins with its pre-roll.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.conversation.endpointing import Endpointer, EndpointRules, Gate, Signal
from backend.media.microphone import MicrophoneFilter
from backend.media.vad import FRAME_SECONDS, VoiceDetector

RATE = 16_000
MEMORY_S = 1.0
"""Sound that is kept for a pre-roll."""
_FLOOR_EVERY = 80
"""Samples between the ticks, 1 of 32,768 high, that stand for digital silence."""


@dataclass(frozen=True, slots=True, eq=False)
class Noticed:
    """Something that the ear noticed.

    Attributes:
        signal: What; None when there is only more sound of a running utterance.
        pcm: (samples,) int16 at 16,000 Hz: the sound of the utterance since the last notice;
            with `STARTED` it begins with the pre-roll.
    """

    signal: Signal | None
    pcm: NDArray[np.int16]


@dataclass
class Ear:
    """Listens to one microphone. Not thread-safe: one caller at a time.

    Attributes:
        level: Loudness (rms) of the last sound, 0 to 1.
        probability: That the last frame holds speech.
    """

    rules: EndpointRules = field(default_factory=EndpointRules)
    filter: MicrophoneFilter = field(default_factory=MicrophoneFilter)
    detector: VoiceDetector = field(default_factory=VoiceDetector)
    level: float = 0.0
    probability: float = 0.0

    def __post_init__(self) -> None:
        self.endpointer = Endpointer(self.rules)
        self._recent: deque[NDArray[np.int16]] = deque()
        self._kept = 0
        self._heard = 0
        self._given = 0

    def feed(
        self, near: NDArray[np.int16], far: NDArray[np.int16], gate: Gate = Gate.OPEN
    ) -> list[Noticed]:
        """Take sound.

        Args:
            near: (samples,) int16 mono at 16,000 Hz, whole blocks of 10 ms.
            far: What the loudspeaker plays meanwhile, as long.
            gate: What may begin an utterance.
        """
        filtered = self.filter.process(_with_floor(near), _with_floor(far))
        self._remember(filtered.sound)
        looked_at = filtered.sound if gate is Gate.OPEN else filtered.over_echo
        if gate is Gate.GUARDED and self.filter.learning:
            gate = Gate.SHUT
        noticed: list[Noticed] = []
        for probability in self.detector.feed(looked_at):
            self.probability = probability
            for signal in self.endpointer.step(probability, FRAME_SECONDS, gate):
                noticed.append(self._notice(signal))
        if self.endpointer.speaking:
            noticed.append(Noticed(None, self._take(self._heard)))
        return noticed

    def begin(self) -> list[Noticed]:
        """Begin an utterance now, or keep the running one open: the button is pressed."""
        running = self.endpointer.speaking
        self.endpointer.begin_now()
        return [] if running else [self._notice(Signal.STARTED)]

    def finish(self) -> list[Noticed]:
        """End a running utterance now: the button is let go, or the microphone is gone."""
        return [self._notice(signal) for signal in self.endpointer.finish()]

    def close(self) -> None:
        """Give back what the libraries hold, 10 MB; nothing can be heard afterwards.

        What listened refers to itself in a ring, and would keep them until garbage is collected.
        """
        del self.filter, self.detector

    def _notice(self, signal: Signal) -> Noticed:
        if signal is Signal.STARTED:
            first = self._samples(self.endpointer.began)
            self._given = max(self._heard - self._kept, self._given, first)
        return Noticed(signal, self._take(self._samples(self.endpointer.now)))

    def _samples(self, seconds: float) -> int:
        return min(self._heard, round(seconds * RATE))

    def _remember(self, clean: NDArray[np.int16]) -> None:
        if not len(clean):
            return
        self._recent.append(clean)
        self._kept += len(clean)
        self._heard += len(clean)
        while self._kept - len(self._recent[0]) >= MEMORY_S * RATE:
            self._kept -= len(self._recent.popleft())
        self.level = float(np.sqrt(np.mean(np.square(clean, dtype=np.float32)))) / 32768.0

    def _take(self, until: int) -> NDArray[np.int16]:
        """The sound from what was given last to a sample count since the beginning."""
        sound = np.concatenate([*self._recent, np.zeros(0, np.int16)])
        first = self._heard - self._kept
        part = sound[max(0, self._given - first) : max(0, until - first)]
        self._given = max(self._given, until)
        return part


def _with_floor(sound: NDArray[np.int16]) -> NDArray[np.int16]:
    """The sound; of digital silence, ticks at -90 dBFS, which nobody hears.

    In pure zeros the filters' memories fade into numbers so small (denormal ones) that processors
    compute with them ten times slower: the canceller alone would take a quarter of a core from
    some seconds after the character's last word on.
    """
    if sound.any():
        return sound
    floor = np.zeros_like(sound)
    floor[::_FLOOR_EVERY] = 1
    floor[_FLOOR_EVERY // 2 :: _FLOOR_EVERY] = -1
    return floor
