"""Answer messages without words: emoji, keyboard noise, one letter, a wall of text."""

from __future__ import annotations

import re
import unicodedata

from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.turn import MAX_HEARD_CHARS, Turn

_VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôû")


def odd_input(turn: Turn) -> str:
    """Messages without words: emoji, keyboard noise, one letter, a wall of text."""
    if len(turn.heard) > MAX_HEARD_CHARS:
        return turn.pick(REPLIES["too_long"])
    letters = [char for char in turn.heard if char.isalnum()]
    if not letters:
        signs = any(unicodedata.category(char) == "So" for char in turn.heard)
        return turn.pick(REPLIES["emoji" if signs else "tiny"])
    if (
        len(letters) == 1
        and letters[0].isascii()
        and letters[0].lower() not in "yn"
        and not letters[0].isdigit()
    ):
        return turn.pick(REPLIES["tiny"])
    return turn.pick(REPLIES["gibberish"]) if _is_gibberish(turn.plain) else ""


def _is_gibberish(plain: str) -> bool:
    """Whether no word of the text could be pronounced, or one key was held down."""
    if not plain.isascii():
        return False
    tokens = [token for token in re.findall(r"[a-z]+", plain) if len(token) > 3]
    if not tokens or re.search(
        r"\d|^(?:lol|lmao|haha|hehe|xd|gg|hm+|pff+|brr+|shh+|grr+|w+)", plain
    ):
        return False
    return all(_is_noise(token) for token in tokens) and len(tokens) <= 3


def _is_noise(token: str) -> bool:
    if re.fullmatch(r"(.{1,4})\1{2,}.{0,3}", token) and len(token) > 7:
        return True
    vowels = sum(char in _VOWELS for char in token)
    clusters = re.findall(r"[^aeiouy]+", token)
    return vowels == 0 or max(map(len, clusters), default=0) >= 5 or vowels / len(token) < 0.15
