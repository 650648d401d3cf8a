"""How people type in chats: laughter, shouting, drawn-out words and repeated marks."""

from __future__ import annotations

import re

from backend.speech_text.lexicon import Lexicon

LAUGHS = {"en": "ha ha", "ja": "ははは", "zh": "哈哈", "ko": "하하", "ru": "ха-ха", "es": "ja ja"}
"""What a laugh that is written in signs sounds like."""
_WIDE = "\u3040-\u30ff\u4e00-\u9fff"
_SIGNS_OF_LAUGHTER = re.compile(
    rf"(?<![A-Za-z])(?:(?<=[{_WIDE}。！？!?…])\s?[wｗ]{{1,60}}|[wｗ]{{2,60}})(?![A-Za-z.])"
    rf"|[ㅋㅎ]{{2,60}}|(?<![A-Za-z])5{{3,}}5(?!\d)(?=[^\d]|$)"
)
_LOL = re.compile(
    r"(?<!\w)(?:lo+l+|lmf?ao+|rofl|kek+w?|lolol(?:ol)*|xd+|jajaj[aj]*|kkkk+)(?!\w)", re.I
)
_LAUGHTER = re.compile(
    r"(?<!\w)[bmw]{0,2}a{0,3}((?:h[aeio]|j[ae])(?:h{0,3}[aeio]{1,3}|j[ae]){1,400}h?)(?!\w)", re.I
)
_RUSSIAN = re.compile(r"(?<!\w)а?(?:ха|хе|хи){2,200}х?а?(?!\w)", re.I)
_SHOUT = re.compile(
    r"(?<![\w'’])[A-ZÀ-ÖØ-Þ]{2,}(?:['’][A-Z]{1,2})?(?:\s+[A-ZÀ-ÖØ-Þ]{1,}(?:['’][A-Z]{1,2})?){1,}(?![\w])"
)
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{3,}")
_VOWELS = frozenset("AEIOUY")


def speak_laughter(text: str, lexicon: Lexicon) -> str:
    """Say "hahahaha", "lol" and "www" as a short laugh."""
    laugh = LAUGHS.get(lexicon.language, "ha ha")
    if lexicon.language in ("ja", "zh", "ko"):
        text = _SIGNS_OF_LAUGHTER.sub(laugh, text)
    text = _LOL.sub(laugh, text)
    if lexicon.language == "ru":
        text = _RUSSIAN.sub(laugh, text)
    return _LAUGHTER.sub(lambda match: _short_laugh(match, laugh), text)


def _short_laugh(match: re.Match[str], laugh: str) -> str:
    written = match.group(1).lower()
    syllables = re.findall(r"[hj][aeio]", written)
    if len(syllables) < 2 or not re.fullmatch(r"(?:[hj]+[aeio]+)+h?", written):
        return match.group()
    first = syllables[0]
    return laugh if first == "ha" else f"{first} {first}"


def calm(text: str) -> str:
    """Say shouted phrases as words, not as letters, and calm drawn-out letters."""
    text = _SHOUT.sub(lambda match: _quiet(match.group()), text)
    return _DRAWN_OUT.sub(r"\1\1\1", text)


def calm_marks(text: str) -> str:
    """Leave one of repeated marks, and a question mark of "?!?!"."""
    text = re.sub(r"[!?]*\?[!?]*", "?", text)
    text = re.sub(r"!{2,}", "!", text)
    text = re.sub(r"[！？]*？[！？]*", "？", text)
    text = re.sub(r"！{2,}", "！", text)
    text = re.sub(r"\.{3,}|…+", "…", text)
    text = re.sub(r"(?<=[^\W\d_])\.{2}(?!\.)", "…", text)
    return re.sub(r"([,;:、，；])(?:\s*\1)+", r"\1", text)


def _quiet(shout: str) -> str:
    words = shout.split()
    # Two or three capitals in a row may be names of things: "NASA API".
    long = [word for word in words if len(word) > 3 and _VOWELS.intersection(word)]
    if len(words) < 3 and len(long) < 2:
        return shout
    return re.sub(r"\w+(?:['’]\w+)?", lambda match: _lower(match.group()), shout)


def _lower(word: str) -> str:
    return (
        word if word == "I" or (len(word) > 1 and not _VOWELS.intersection(word)) else word.lower()
    )
