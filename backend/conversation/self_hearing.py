"""Whether a transcript is the character's own voice, come back through the microphone.

The last of several layers: the echo canceller and the raised threshold let little through; what
still is recognised is compared with what was being said. After two such turns in a row the loop
breaker wants half-duplex: the microphone is not listened to while the character speaks.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

SIMILAR = 0.8
"""Share of the transcript's words that must match, in order, for it to be an echo."""
REMEMBERED_S = 12.0
BREAK_AFTER = 2
_WORD = re.compile(r"[\w']+")


@dataclass
class SelfHearing:
    """Remembers what the character said lately.

    Attributes:
        echoes: How many transcripts in a row were echoes.
    """

    clock: Callable[[], float] = time.monotonic
    echoes: int = 0
    _said: deque[tuple[float, list[str]]] = field(default_factory=lambda: deque(maxlen=64))

    def said(self, text: str) -> None:
        """Note a sentence that begins to be heard."""
        self._said.append((self.clock(), _words(text)))

    def resembles(self, transcript: str) -> bool:
        """Whether a transcript is what the character has just said."""
        lately = [words for at, words in self._said if self.clock() - at <= REMEMBERED_S]
        spoken = [word for words in lately for word in words]
        return _contained(_words(transcript), spoken) >= SIMILAR

    def judge(self, transcript: str) -> bool:
        """The same of a final transcript; counts echoes in a row."""
        echo = self.resembles(transcript)
        self.echoes = self.echoes + 1 if echo else 0
        return echo

    @property
    def must_break(self) -> bool:
        """Whether the loop has to be broken by half-duplex."""
        return self.echoes >= BREAK_AFTER


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _contained(heard: list[str], spoken: list[str]) -> float:
    """The share of `heard` that stands in `spoken` in the same order.

    One word alone is no evidence: "yes" may well answer a sentence that holds a "yes".
    """
    if len(heard) < 2 or not spoken:
        return 0.0
    matcher = SequenceMatcher(None, spoken, heard, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(heard)
