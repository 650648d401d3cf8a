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
REMEMBERED_S = 20.0
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
        self._said.append((self.clock(), words_of(text)))

    def resembles(self, transcript: str) -> bool:
        """Whether a transcript is what the character has just said."""
        lately = [words for at, words in self._said if self.clock() - at <= REMEMBERED_S]
        spoken = [word for words in lately for word in words]
        return _contained(words_of(transcript), spoken) >= SIMILAR

    def judge(self, transcript: str) -> bool:
        """The same of a final transcript; counts echoes in a row."""
        echo = self.resembles(transcript)
        self.echoes = self.echoes + 1 if echo else 0
        return echo

    @property
    def must_break(self) -> bool:
        """Whether the loop has to be broken by half-duplex."""
        return self.echoes >= BREAK_AFTER


def words_of(text: str) -> list[str]:
    """The words of a text, without case and punctuation, for comparing."""
    return _WORD.findall(text.casefold())


def _contained(heard: list[str], spoken: list[str]) -> float:
    """The share of `heard` that stands together in `spoken`, in the same order.

    One word alone is no evidence: "yes" may well answer a sentence that holds a "yes".
    """
    if len(heard) < 2:
        return 0.0
    width = len(heard) + len(heard) // 2
    best = 0
    for start in range(max(1, len(spoken) - width + 1)):
        window = spoken[start : start + width]
        matcher = SequenceMatcher(None, window, heard, autojunk=False)
        best = max(best, sum(block.size for block in matcher.get_matching_blocks()))
    return best / len(heard)
