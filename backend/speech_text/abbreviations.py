"""Short forms as the words that they stand for: "Dr.", "e.g.", "usw.", "btw"."""

from __future__ import annotations

import re
from functools import cache

from backend.speech_text.lexicon import Lexicon, lexicon_for

_LIST_END = re.compile(r"\s+[\"'“(]?[A-ZÀ-ÞА-Я]|\s*$")
_OFTEN_LAST = frozenset(
    {"etc.", "a.m.", "p.m.", "usw.", "ecc.", "и т. д.", "и т.д.", "jr.", "inc."}
)
_NEEDS_NAME = frozenset({"St.", "Mt.", "Gen.", "Col.", "Lt.", "Rev.", "Fr.", "Str.", "Hr."})


def expand(text: str, lexicon: Lexicon) -> str:
    """Put the long forms; a stop that also ended the sentence stays."""
    if not lexicon.abbreviations:
        return text
    return _pattern(lexicon.language).sub(lambda match: _long_form(match, lexicon), text)


@cache
def _pattern(language: str) -> re.Pattern[str]:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    forms = sorted(lexicon.abbreviations, key=len, reverse=True)
    ends = {form: r"(?![\w'’@/-])" if form[-1].isalnum() else "" for form in forms}
    alternatives = "|".join(re.escape(form) + ends[form] for form in forms)
    return re.compile(rf"(?<![\w.@/-])(?:{alternatives})", re.I)


@cache
def _folded(language: str) -> dict[str, str]:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    return {short.lower(): long for short, long in lexicon.abbreviations.items()}


def _long_form(match: re.Match[str], lexicon: Lexicon) -> str:
    short = match.group()
    long = lexicon.abbreviations.get(short)
    if long is None:
        # "DM" and "GG" are written in any case; "MIN." and "FR." are other words.
        long = _folded(lexicon.language)[short.lower()]
        if short[:1].isupper() and not short.isupper() and long[:1].islower():
            long = long[0].upper() + long[1:]
        if short[0].islower() and long[0].isupper() and long[1:2].islower() and short.endswith("."):
            return short
    rest = match.string[match.end() : match.end() + 3]
    if short in _NEEDS_NAME and not re.match(r"\s[A-ZÄÖÜ]", rest):
        return short
    ends_sentence = short.endswith(".") and long[-1].isalpha() and _LIST_END.match(rest)
    often_last = short.lower() in _OFTEN_LAST or not rest.strip()
    return long + ("." if ends_sentence and often_last else "")
