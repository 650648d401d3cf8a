"""Numbers as words, by the rules of the Unicode CLDR (rule-based number formatting, UTS 35).

The library and a language's rules are loaded at the first number, 0.1 s of work that `warm_up`
does beforehand.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from backend.speech_text.japanese import in_kana
from backend.speech_text.lexicon import Gender, Lexicon, lexicon_for

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

MAX_DIGITS = 15
"""A longer number is said digit by digit: the rules compute with floating point numbers."""
_ZEROS = {"zh": "零", "ja": "ゼロ"}


def warm_up(language: str) -> None:
    """Load what the first number in a language needs."""
    lexicon = lexicon_for(language)
    if lexicon is not None:
        cardinal(1, lexicon)


def cardinal(value: int, lexicon: Lexicon, gender: Gender = "") -> str:
    """A whole number as words; "minus" and the like stands before a negative one.

    Args:
        value: At most `MAX_DIGITS` digits.
        lexicon: The language.
        gender: Of what is counted, if anything is.
    """
    if value < 0:
        return f"{lexicon.minus} {cardinal(-value, lexicon, gender)}"
    if value == 0 and lexicon.language in _ZEROS:
        return _ZEROS[lexicon.language]
    rules = lexicon.cardinals.get(gender) or lexicon.cardinals[""]
    return _spell(value, lexicon.language, rules)


def ordinal(value: int, lexicon: Lexicon, rules: str = "") -> str:
    """The ordinal of a whole number from 0 on, by the lexicon's rule set or another one."""
    return _spell(value, lexicon.language, rules or lexicon.ordinal)


def year_words(value: int, lexicon: Lexicon) -> str:
    """A year as words, such as "nineteen ninety-nine"."""
    if not lexicon.year:
        return cardinal(value, lexicon)
    return _spell(value, lexicon.language, lexicon.year)


def digit_words(digits: str, lexicon: Lexicon) -> str:
    """A row of digits, said one by one; other characters are left out."""
    return lexicon.joiner.join(
        cardinal(int(digit), lexicon) for digit in digits if digit.isdecimal()
    )


@cache
def _engine(language: str) -> RbnfEngine:
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language(language)


@lru_cache(maxsize=4096)
def _spell(value: int, language: str, rules: str) -> str:
    words = _engine(language).format_number(value, ruleset_names=[rules]).text
    if language == "ja":
        return in_kana(words)
    return words.replace("〇", "零") if language == "zh" else words
