"""Barge-in: what a voice over the character's own does to her speech.

A ladder, so that a cough costs nothing and an interruption works as it does with people: a voice
makes her quieter at once; a little more of it, and she falls silent, but keeps what she was going
to say; words, or half a second of voice, and the answer is cancelled. If it was nothing after all,
she goes on where she stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from backend.conversation.self_hearing import SelfHearing, words_of

SILENT_S = 0.19
"""Voice after which she is silent."""
DECIDED_S = 0.5
"""Voice that cancels her answer, whatever the words."""
WORD_S = 0.25
"""Voice that a single word wants: recognisers hear words in coughs."""
DECIDED_WORDS = 2
"""Words that cancel it before."""
PATIENCE_S = 2.0
"""She is not silent for longer without a decision."""


class Floor(Protocol):
    """What barge-in needs of the stage."""

    @property
    def speaking(self) -> bool:
        """Whether the character has something to say."""
        ...

    def duck(self, ducked: bool) -> None:
        """Make her quieter, or loud again."""
        ...

    def hold(self) -> None:
        """Silence her at once; what was not heard is kept."""
        ...

    def resume(self) -> None:
        """Let her go on."""
        ...


class _Step(Enum):
    NONE = 0
    DUCKED = 1
    SILENT = 2
    DOUBTED = 3
    CANCELLED = 4


class BargeIn:
    """Follows one utterance of the user over the character's voice.

    Args:
        floor: The stage.
        cancel: Cancels the character's answer.
        self_hearing: Tells the character's own words.
    """

    def __init__(
        self,
        floor: Floor,
        cancel: Callable[[], None],
        self_hearing: SelfHearing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._floor = floor
        self._cancel = cancel
        self._self_hearing = self_hearing
        self._clock = clock
        self._step = _Step.NONE
        self._silent_since = 0.0
        self._judged = ""

    @property
    def undecided(self) -> bool:
        """Whether a voice sounds over the character's, and it is not clear what it is."""
        return self._step in (_Step.DUCKED, _Step.SILENT, _Step.DOUBTED)

    def follow(self, voiced: float, words: str, *, settled: bool) -> None:
        """Look at the utterance under way.

        Args:
            voiced: Seconds of voice in it.
            words: What is understood of it.
            settled: It pauses, and these are its words.
        """
        if self._step is _Step.NONE and self._floor.speaking:
            self._step = _Step.DUCKED
            self._floor.duck(True)
        if not self.undecided:
            return
        if words != self._judged:
            self._judged = words
            if self._self_hearing.resembles(words):
                self._doubt()
                return
        count = len(words_of(words))
        a_word = settled and count > 0 and voiced >= WORD_S
        if voiced >= DECIDED_S or count >= DECIDED_WORDS or a_word:
            self._step = _Step.CANCELLED
            self._cancel()
        elif settled or (
            self._step is _Step.SILENT and self._clock() - self._silent_since > PATIENCE_S
        ):
            self._doubt()
        elif self._step is _Step.DUCKED and voiced >= SILENT_S:
            self._step, self._silent_since = _Step.SILENT, self._clock()
            self._floor.hold()

    def end(self) -> None:
        """The utterance is over: she goes on, unless her answer was cancelled."""
        if self.undecided:
            self._doubt()
        self._step, self._judged = _Step.NONE, ""

    def _doubt(self) -> None:
        if self._step is not _Step.DOUBTED:
            self._step = _Step.DOUBTED
            self._floor.duck(False)
            self._floor.resume()
