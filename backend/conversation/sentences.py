"""Cut a reply into speakable pieces while the model is still writing it.

A piece ends where a speaker would breathe: at the end of a sentence, at a newline, around a code
fence. The first piece of a reply is cut early, at a clause, because the listener waits for it.
The cuts depend on the text alone, not on how it arrived: feeding it letter by letter gives the
same pieces as feeding it whole. Nothing is lost but white space at the edges of pieces.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

STOPS = frozenset(".!?…")
WIDE_STOPS = frozenset("。！？｡．؟۔।॥")
CLOSERS = frozenset("\"'”’»›」』）)]}*_~")
CLAUSE_MARKS = frozenset(",;:")
WIDE_CLAUSE_MARKS = frozenset("、，；：—–")
LINK_WORDS = frozenset(
    """
        and but or because so that which who when while if with to for as then
    """.split()  # noqa: SIM905
)

ABBREVIATIONS = frozenset(
    """
        dr mr mrs ms mx prof sr jr st vs etc e.g i.e cf al approx dept est inc ltd co corp gen sgt
        capt lt col rev hon gov pres jan feb aug sept oct nov dec z.b d.h bzw usw ca
    """.split()  # noqa: SIM905
)
NUMBERED_ABBREVIATIONS = frozenset(["no", "fig", "vol", "ch", "pp", "p", "nr", "art"])

_FENCE = "```"
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")
_LAST_TOKEN = re.compile(r"[^\s(\[{\"'“‘*_]+$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>]*\d{1,3}$")
_WORD_START = re.compile(r"(?<!\S)\S")


@dataclass(frozen=True, slots=True)
class CutRules:
    """Where the splitter cuts.

    Attributes:
        max_chars: A piece without a stop is cut before it grows longer than this.
        first_clause_chars: The reply's first piece may end at a clause mark from this width on
            (a CJK character counts as two).
        first_words: The reply's first piece is cut after at most this many words.
    """

    max_chars: int = 220
    first_clause_chars: int = 25
    first_words: int = 12


class SentenceSplitter:
    """Takes a reply as it is written and gives back its pieces as soon as each is certain."""

    def __init__(self, rules: CutRules | None = None) -> None:
        self._rules = rules or CutRules()
        self._buffer = ""
        self._first = True

    def feed(self, text: str) -> list[str]:
        """Take the next stretch of text; return the pieces that are complete now."""
        self._buffer += text
        return self._take(final=False)

    def flush(self) -> list[str]:
        """End the reply; return what is left. The splitter is then ready for another reply."""
        pieces = self._take(final=True)
        self._buffer, self._first = "", True
        return pieces

    def _take(self, *, final: bool) -> list[str]:
        pieces: list[str] = []
        while True:
            self._buffer = self._buffer.lstrip()
            if not self._buffer:
                return pieces
            cut = find_cut(self._buffer, self._rules, first=self._first, final=final)
            if cut is None:
                return pieces
            pieces.append(self._buffer[:cut].rstrip())
            self._buffer = self._buffer[cut:]
            self._first = False


def find_cut(text: str, rules: CutRules, *, first: bool, final: bool) -> int | None:
    """The length of the first piece of `text`, or None while more text could still change it.

    Args:
        text: Begins with a character that is not white space.
        rules: Where to cut.
        first: The piece is the reply's first: cut early.
        final: No more text will come, so that every answer is certain.
    """
    if text.startswith(_FENCE):
        return _fence_end(text, final=final)
    emote = False
    index = 0
    while index < len(text):
        char = text[index]
        if char == "\n":
            return index + 1
        if char == "`" and _FENCE.startswith(text[index : index + 3]):
            if text.startswith(_FENCE, index):
                return index
            if not final:
                return None
        if char == "*":
            run = _run_end(text, index, "*")
            if run == len(text) and not final:
                return None
            if run - index == 1:
                emote = not emote and _opens_emote(text, index)
            index = run
            continue
        if not emote:
            end = _boundary_end(text, index, final=final)
            if end is None:
                return None
            if end:
                return end
            if char in STOPS:
                index = _stops_end(text, index)
                continue
            if first:
                early = _early_cut(text, index, rules, final=final)
                if early:
                    return early
        index += 1
        if index > rules.max_chars:
            return _forced_cut(text, rules.max_chars, final=final)
    return len(text) if final else None


def _fence_end(text: str, *, final: bool) -> int | None:
    """The end of the code block that `text` begins with."""
    close = text.find(_FENCE, len(_FENCE))
    if close < 0:
        return len(text) if final else None
    end = _run_end(text, close, "`")
    return None if end == len(text) and not final else end


def _run_end(text: str, index: int, char: str) -> int:
    while index < len(text) and text[index] == char:
        index += 1
    return index


def _opens_emote(text: str, index: int) -> bool:
    """Whether the single star at `index` opens a stage direction such as *waves*."""
    before = text[index - 1] if index else " "
    after = text[index + 1] if index + 1 < len(text) else " "
    return not before.isalnum() and not after.isspace()


def _boundary_end(text: str, index: int, *, final: bool) -> int | None:
    """The end of the sentence whose stop stands at `index`: 0 if none, None if not yet certain."""
    char = text[index]
    if char not in STOPS and char not in WIDE_STOPS:
        return 0
    end = _stops_end(text, index)
    stops = text[index:end]
    while end < len(text) and (text[end] in CLOSERS or _is_emoji(text[end])):
        end += 1
    if end == len(text):
        return end if final else None
    wide = any(stop in WIDE_STOPS for stop in stops)
    if not text[end].isspace():
        return end if wide else 0
    if stops == "." and _is_abbreviation(text[:index], text[end:]):
        return None if _needs_more(text[end:], final=final) else 0
    quoted = end > index + len(stops)
    trailing_off = (len(stops) > 1 and set(stops) <= {"."}) or "…" in stops
    if quoted or trailing_off:
        rest = text[end:].lstrip()
        if not rest and "\n" not in text[end:] and not final:
            return None
        if rest and rest[0].islower() and "\n" not in text[end : len(text) - len(rest)]:
            return 0
    return end


def _stops_end(text: str, index: int) -> int:
    while index < len(text) and (text[index] in STOPS or text[index] in WIDE_STOPS):
        index += 1
    return index


def _needs_more(after: str, *, final: bool) -> bool:
    return not after.strip() and not final and "\n" not in after


def _is_abbreviation(before: str, after: str) -> bool:
    """Whether the full stop between the two texts belongs to its word ("Dr.", "U.S.", "1.")."""
    if _LIST_NUMBER.search(before):
        return True
    token = _LAST_TOKEN.search(before)
    if token is None:
        return False
    word = token.group()
    if len(word) == 1 and word.isupper() and word != "I":
        return True
    if word.lower() in NUMBERED_ABBREVIATIONS:
        rest = after.lstrip()
        return not rest or rest[0].isdigit()
    return word.lower() in ABBREVIATIONS or _DOTTED.match(word) is not None


def _early_cut(text: str, index: int, rules: CutRules, *, final: bool) -> int:
    """Where the reply's first piece may end at `index` already; 0 if nowhere."""
    char = text[index]
    following = text[index + 1 : index + 2]
    at_clause = char in WIDE_CLAUSE_MARKS or (char in CLAUSE_MARKS and following.isspace())
    if at_clause and _width(text[: index + 1]) >= rules.first_clause_chars:
        return index + 1
    if char.isspace() and following and not following.isspace():
        starts = [match.start() for match in _WORD_START.finditer(text[: index + 2])]
        if len(starts) > rules.first_words:
            return _before_link_word(text, starts)
    return 0


def _before_link_word(text: str, starts: list[int]) -> int:
    """The best place to breathe among the first words: before a linking word, else at the end."""
    for start in reversed(starts[len(starts) // 2 : -1]):
        word = text[start:].split(maxsplit=1)[0].lower()
        if word in LINK_WORDS:
            return start
    return starts[-1]


def _forced_cut(text: str, limit: int, *, final: bool) -> int | None:
    """Cut a run without a stop: after a clause, else between words, never inside an address."""
    for pattern in (r"[,;:](?=\s)|[、，；：—–]", r"\s"):
        ends = [match.end() for match in re.finditer(pattern, text[:limit])]
        if ends and ends[-1] > limit // 3:
            return ends[-1]
    if "://" in text[:limit]:
        space = re.compile(r"\s").search(text, text.index("://"))
        if space:
            return space.end()
        return len(text) if final else None
    return _whole_grapheme(text, limit)


def _whole_grapheme(text: str, cut: int) -> int:
    """Move a cut back so that no combining mark or joined emoji is torn from its base."""
    moved = cut
    while moved > cut - 20 and (_joins(text[moved]) or text[moved - 1] == "\u200d"):
        moved -= 1
    return moved if moved > cut - 20 else cut


def _joins(char: str) -> bool:
    return char in "\u200d\ufe0e\ufe0f" or unicodedata.category(char) in ("Mn", "Me", "Mc")


def _is_emoji(char: str) -> bool:
    return (
        char in "\u200d\ufe0f" or unicodedata.category(char) in ("So", "Sk") or ord(char) >= 0x1F000
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
