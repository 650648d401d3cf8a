"""Hear the user's name in the talk itself, for when nobody keeps it from turn to turn."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.engines.base import ChatMessage
from backend.engines.llm.persona_model.intents import NAME_TOLD, intent_of
from backend.engines.llm.persona_model.words import STOPWORDS, normalized

_NEVER_NAMES = frozenset(
    ["maybe", "back", "later", "when", "if", "an", "tomorrow", "anything", "whatever", "nobody"]
)
_ASKS_NAME = re.compile(r"\b(?:your name|call you|who are you|state your name)\b", re.I)
_BARE = re.compile(
    r"(?:(?:hi|hey|hello)[,!. ]+)?(?:it['’]?s |i['’]?m |i am |just |this is )?"
    r"(?P<name>[^\W\d_][\w'’-]{1,20}(?: [^\W\d_][\w'’-]{1,20})?)\s*[.!~]*",
    re.I,
)
_INTRODUCTION = re.compile(
    r"(?:(?:hi|hey|hello|Hi|Hey|Hello)[,!. ]+)?[Ii](?:['’]m| am) "
    r"(?P<name>[A-ZÀ-Þ][\w'’-]{1,20})\s*[.!~]*"
)


def name_told(line: str, asked: str) -> str:
    """The name that a line tells, or an empty string.

    Args:
        line: What the user said.
        asked: The question that they answered, if any.
    """
    match = NAME_TOLD.search(line)
    if match is None and _ASKS_NAME.search(asked):
        match = _BARE.fullmatch(line.strip())
    match = match or _INTRODUCTION.fullmatch(line.strip())
    if match is None:
        return ""
    words = match["name"].split()
    if any(_is_no_name(word) for word in words):
        return ""
    if not NAME_TOLD.search(line) and intent_of(normalized(line)):
        return ""
    return " ".join(word[0].upper() + word[1:] for word in words)


def name_in_talk(messages: Sequence[ChatMessage], opening: str) -> str:
    """The name that the user told last in a talk that began with `opening`."""
    found, before = "", opening
    for message in messages:
        if message.role == "assistant":
            before = message.content
        elif message.role == "user":
            found = name_told(message.content, before) or found
    return found


def _is_no_name(word: str) -> bool:
    lower = word.lower()
    made = lower.endswith(("ing", "ed", "ish", "ese")) and len(lower) > 4
    return lower in STOPWORDS or lower in _NEVER_NAMES or made
