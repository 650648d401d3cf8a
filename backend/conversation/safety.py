"""What may come in as a message, and what may go out as speech.

`check_message` cleans what a user sent or says in one sentence why it cannot be used.
`SpeechGate` keeps the streamer's own list of blocked words off the air; the program brings no
list of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from backend.errors import BadInputError, TooLargeError

BINARY_SHARE = 0.05
"""More control characters than this share, or a single NUL, is taken for a binary file."""

_KEPT_CONTROLS = frozenset("\n\t")
_JOINERS = frozenset("\u200c\u200d")
_LEET = {
    "a": "a4@", "b": "b8", "e": "e3", "g": "g9", "i": "i1!|", "l": "l1|", "o": "o0", "s": "s5$",
    "t": "t7+", "z": "z2",
}  # fmt: skip


def check_message(text: str, limit: int) -> str:
    """Clean a message.

    Args:
        text: What the user typed or said.
        limit: Most characters.

    Returns:
        The message without control characters, with plain newlines, stripped.

    Raises:
        TooLargeError: It is longer than `limit`.
        BadInputError: It is empty, invisible or binary.
    """
    if len(text) > limit:
        raise TooLargeError(
            f"The message has {len(text):,} characters and the limit is {limit:,}; shorten it."
        )
    if _is_binary(text):
        raise BadInputError("The message looks like a binary file; send it as plain text.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(char for char in text if _is_kept(char)).strip()
    if not any(_is_visible(char) for char in cleaned):
        raise BadInputError("The message is empty; type or say something first.")
    return cleaned


def _is_binary(text: str) -> bool:
    if "\x00" in text:
        return True
    strange = sum(
        (unicodedata.category(char) in ("Cc", "Cs") and not char.isspace()) or char == "\ufffd"
        for char in text
    )
    return strange > max(2, BINARY_SHARE * len(text))


def _is_kept(char: str) -> bool:
    if char in _KEPT_CONTROLS or char in _JOINERS:
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")


def _is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Mn", "Me", "Cn")


class SpeechGate:
    """Says whether a sentence may be spoken, by a list of blocked words from the settings.

    Words are matched whole, in any case, with or without diacritics, with digits and signs in
    place of letters ("b4d"), and drawn out ("baaad"). Words of scripts that put no spaces between
    words are matched anywhere.
    """

    def __init__(self, blocked_words: Iterable[str] = ()) -> None:
        patterns = [_word_pattern(word) for word in blocked_words if word.strip()]
        self._blocked = re.compile("|".join(patterns)) if patterns else None

    def allow(self, sentence: str) -> bool:
        """Whether no blocked word is in `sentence`."""
        return self._blocked is None or self._blocked.search(_folded(sentence)) is None


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Cf"))


def _word_pattern(word: str) -> str:
    folded = _folded(" ".join(word.split()))
    body = "".join(r"[\W_]+" if char == " " else _letter_pattern(char) for char in folded)
    if any(unicodedata.east_asian_width(char) in "WF" for char in word):
        return body
    return rf"(?<![^\W_]){body}(?![^\W_])"


def _letter_pattern(char: str) -> str:
    """The letter or what stands in for it: once, or three times and more when it is drawn out."""
    looks = "[" + re.escape(_LEET.get(char, char)) + "]"
    return f"{looks}(?:{looks}{{2,}})?" if char.isalpha() else looks
