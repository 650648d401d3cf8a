"""Okapi BM25 over a handful of short documents.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. `k1` and
`b` are the values of that paper's section 3.5, suited to short texts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

K1 = 1.2
B = 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found.

    Attributes:
        index: Its place in the collection.
        score: Its BM25 score.
        coverage: The share of the query's weight that it contains, 0 to 1.
    """

    index: int
    score: float
    coverage: float


class Bm25:
    """An index of documents given as word lists."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._counts = [Counter(document) for document in documents]
        self._lengths = [len(document) for document in documents]
        self._mean = sum(self._lengths) / max(1, len(documents)) or 1.0
        self._frequency = Counter(word for counts in self._counts for word in counts)

    def weight(self, word: str) -> float:
        """The inverse document frequency of a word; highest for words that no document has."""
        total, having = len(self._counts), self._frequency[word]
        return math.log(1 + (total - having + 0.5) / (having + 0.5))

    def search(self, query: Sequence[str]) -> list[Hit]:
        """The documents that share a word with the query, best first, ties in their order."""
        asked = dict.fromkeys(query)
        mass = sum(self.weight(word) for word in asked) or 1.0
        hits = []
        for index, counts in enumerate(self._counts):
            shared = [word for word in asked if word in counts]
            if shared:
                score = sum(self._term(word, index) for word in shared)
                hits.append(Hit(index, score, sum(map(self.weight, shared)) / mass))
        return sorted(hits, key=lambda hit: (-hit.score, hit.index))

    def _term(self, word: str, index: int) -> float:
        count = self._counts[index][word]
        norm = K1 * (1 - B + B * self._lengths[index] / self._mean)
        return self.weight(word) * count * (K1 + 1) / (count + norm)
