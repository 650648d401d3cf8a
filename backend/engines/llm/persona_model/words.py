"""Words of a text: normalising, stemming and splitting, good enough for short texts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CONTRACTIONS = (
    (re.compile(r"\bcan['’]?t\b"), "can not"),
    (re.compile(r"\bwon['’]?t\b"), "will not"),
    (re.compile(r"n['’]t\b"), " not"),
    (re.compile(r"\b(dont|doesnt|didnt|isnt|arent)\b"), lambda m: m.group()[:-2] + " not"),
    (re.compile(r"\b(what|who|where|when|how|that|it|he|she|there)['’]s\b"), r"\1 is"),
    (re.compile(r"\b(what|who|where|hows|whens)s\b(?= (?:is|your|ur|my|the|up|that))"), r"\1 is"),
    (re.compile(r"['’]re\b"), " are"),
    (re.compile(r"['’]m\b"), " am"),
    (re.compile(r"\bim\b"), "i am"),
    (re.compile(r"['’]ve\b"), " have"),
    (re.compile(r"['’]ll\b"), " will"),
    (re.compile(r"['’]d\b"), " would"),
)
_SLANG = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "wat": "what", "whats": "what is",
    "pls": "please", "plz": "please", "thx": "thanks", "ty": "thanks", "tysm": "thanks",
    "fav": "favourite", "fave": "favourite", "favorite": "favourite", "color": "colour",
    "colors": "colours", "movies": "movie", "film": "movie", "films": "movie", "wanna": "want to",
    "gonna": "going to", "hru": "how are you", "wyd": "what are you doing", "idk": "i do not know",
    "bf": "boyfriend", "gf": "girlfriend", "hobby": "hobbies", "yourself": "you", "love": "like",
    "enjoy": "like", "scared": "afraid", "robot": "ai", "bot": "ai", "beverage": "drink",
    "meal": "food", "dish": "food", "pet": "animal", "named": "name", "called": "name",
}  # fmt: skip

STOPWORDS = frozenset(
    """
        a an the and or but of to in on at for from with about as by is am are was were be been
        being do does did have has had will would can could should shall may might must i you your
        my me we us our he she it they them his her their its this that these those there here so
        very really just also too not no yes what which who whom whose when where why how if then
        than please tell know think some any much many more most get got one thing things say said
        let go going make made like favourite ever today now kind lot bit well oh hey hi hello
        want
    """.split()  # noqa: SIM905
)
FRAME_WORDS = frozenset(["like", "favourite", "name", "live", "hate", "sleep", "sing", "think"])
"""Stop words that decide which question about the character is meant."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ABBREVIATED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|Sr|Jr|[A-Z])\.$")
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\S)[^.!?。！？\n]*)*[.!?。！？]*[\"”’»」]?")


@lru_cache(maxsize=2048)
def normalized(text: str) -> str:
    """Lower case, compatibility forms folded, contractions and chat slang written out."""
    text = unicodedata.normalize("NFKC", text).casefold()
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return " ".join(_SLANG.get(word, word) for word in re.findall(r"[\w'’]+|[^\w\s]", text))


def words(text: str) -> list[str]:
    """All words of the normalised text, in order; CJK runs as pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(normalized(text)):
        found.extend(_pairs(word) if _is_unspaced(word) else [word])
    return found


def content_words(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """An English word without its commonest endings; other words unchanged."""
    if not word.isascii() or len(word) < 4:
        return word
    for ending, replacement in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ing", ""),
        ("ed", ""),
        ("es", "e"),
        ("s", ""),
    ):
        if word.endswith(ending) and not word.endswith("ss"):
            root = word[: -len(ending)] + replacement
            if len(root) >= 3:
                word = root
                break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its stop."""
    found: list[str] = []
    for part in _SENTENCE.findall(text):
        plain = " ".join(part.split())
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] = f"{found[-1]} {plain}"
        elif any(char.isalnum() for char in plain):
            found.append(plain)
    return found


def _is_unspaced(word: str) -> bool:
    return any(unicodedata.east_asian_width(char) in "WF" for char in word)


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]
