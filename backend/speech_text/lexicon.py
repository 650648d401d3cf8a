"""What a language's file holds: the words for signs, units, money and the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Literal

Gender = Literal["", "m", "f", "n"]
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")


@dataclass(frozen=True, slots=True)
class Noun:
    """A counted word.

    Attributes:
        forms: After one and after more; in Russian after one, two and five.
        gender: The numeral agrees with it.
    """

    forms: tuple[str, ...]
    gender: Gender = ""

    def counted(self, count: int | None) -> str:
        """The form that goes with a count; None for a decimal number."""
        if len(self.forms) == 3:
            return self.forms[_slavic_form(count)]
        return self.forms[0 if count == 1 else -1]


def noun(words: str, gender: Gender = "") -> Noun:
    """A noun from "one|more" or "one|few|many"."""
    return Noun(tuple(words.split("|")), gender)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language.

    Attributes:
        language: ISO 639-1.
        cardinals: The rule set of the Unicode CLDR that spells a number, by the gender of what is
            counted; "" where nothing is.
        ordinal: Its rule set for ordinals; empty where this language's are not spelled.
        year: Its rule set for the year in a date; empty where a year is a plain number.
        signs: Words for "+", "=", "%" and the like.
        point: Between the whole and the parts of a decimal number.
        minus, to: Before a negative number; between the ends of a range.
        dot, at, slash: In addresses.
        decimal_mark: "." or ","; the other one groups thousands.
        currencies: By ISO 4217 code: the unit and its hundredth, if one is in use.
        units: By what is written after a number.
        months: Twelve names as a date has them, or none where months are numbered.
        date: Pattern of a date with {day}, {month} and {year}.
        day_month: Pattern of a date without a year.
        ordinal_days: How many of a month's first days are said as ordinals.
        clock: How a time of day is put: "{hour}" and "{minute}".
        full_hour: The same on the hour.
        hour: What the hours are counted in, for their gender and words.
        abbreviations: What short forms stand for, keyed as written.
        fractions: Words for common fractions such as (1, 2).
        joiner: Between a number and its noun: a space, or nothing where words are not spaced.
    """

    language: str
    cardinals: Mapping[Gender, str]
    signs: Mapping[str, str]
    point: str
    minus: str
    to: str
    dot: str
    at: str
    slash: str
    decimal_mark: str
    currencies: Mapping[str, tuple[Noun, Noun | None]]
    units: Mapping[str, Noun]
    ordinal: str = ""
    year: str = ""
    months: tuple[str, ...] = ()
    date: str = ""
    day_month: str = ""
    ordinal_days: int = 0
    clock: str = "{hour} {minute}"
    full_hour: str = "{hour}"
    hour: Noun | None = None
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    fractions: Mapping[tuple[int, int], str] = field(default_factory=dict)
    joiner: str = " "


def tongue_of(language: str) -> str:
    """The first part of a BCP 47 tag: "de" of "de-AT"."""
    return language.replace("_", "-").split("-")[0].strip().lower()


def lexicon_for(language: str) -> Lexicon | None:
    """The words of a BCP 47 tag's language, or None where the program knows none."""
    tongue = tongue_of(language)
    return _load(tongue) if tongue in LANGUAGES else None


@cache
def _load(tongue: str) -> Lexicon:
    lexicon: Lexicon = import_module(f"backend.speech_text.languages.{tongue}").LEXICON
    return lexicon


def _slavic_form(count: int | None) -> int:
    """Which of a noun's three forms follows a number in Russian (CLDR plural rules)."""
    if count is None:
        return 1
    if count % 10 == 1 and count % 100 != 11:
        return 0
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return 1
    return 2
