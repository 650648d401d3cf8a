"""Numbers in a text: whole and decimal, negative, ranges, fractions, ordinals, rows of digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from backend.speech_text.english import model_numbers, years
from backend.speech_text.japanese import COUNTERS, counted
from backend.speech_text.lexicon import Gender, Lexicon, lexicon_for
from backend.speech_text.spelling import MAX_DIGITS, cardinal, digit_words, ordinal, year_words

MAX_ROW = 40
"""A longer row of digits is left out: nobody says it."""
LETTERS = r"A-Za-zÀ-ӿ"
NOT_INSIDE = rf"(?<![{LETTERS}_\d])(?<!\d[.:/])"
"""Lookbehind: no letter, digit or part of the same number stands before."""
SIGN = r"(?:(?<![^\s(\[=<>~:,，、。])[-−])?"

_ROMANCE_ORDINAL = re.compile(rf"{NOT_INSIDE}(\d{{1,9}})\s?[.]?([ºª]|°(?=\s[a-zà-ÿ]))")
_FRENCH_ORDINAL = re.compile(rf"{NOT_INSIDE}(\d{{1,9}})(er|ère|ere|re|e|ème|eme|nde?)(?!\w)")
_RUSSIAN_ORDINAL = re.compile(rf"{NOT_INSIDE}(\d{{1,9}})-(й|ый|ой|я|ая|е|ое|го|ого|му|м|х)(?!\w)")
_RUSSIAN_ENDINGS = {
    "й": "masculine", "ый": "masculine", "ой": "masculine", "я": "feminine", "ая": "feminine",
    "е": "neuter", "ое": "neuter", "го": "masculine-genitive", "ого": "masculine-genitive",
    "му": "masculine-dative", "м": "masculine-locative", "х": "plural-genitive",
}  # fmt: skip
_FRACTION = re.compile(
    rf"{NOT_INSIDE}(?:(\d{{1,6}})[ ])?(\d{{1,6}})[/⁄](\d{{1,6}})(?![\d/⁄]|[.,]\d)"
)
_PHONE = re.compile(
    r"(?<![\w.,:/-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,5}){1,4}"
    r"|\+\d{7,15}|\(\d{2,5}\) ?\d{3,4}(?:[ -]\d{2,5}){1,3}|\d{3}-\d{3}-\d{4}|\d{3}-\d{4}"
    r"|0\d{1,4}[ /-]\d{3,8}(?:[ -]\d{2,5}){0,3})(?![\w/]|[.,-]\d)"
)
_DOTTED = re.compile(rf"{NOT_INSIDE}v?(\d{{1,9}}(?:\.\d{{1,9}}){{2,7}})(?![\w]|[.,]\d)")
_LONG_ROW = re.compile(rf"\d{{{MAX_ROW + 1},}}")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_FEMININE = re.compile(
    r"\s[A-ZÄÖÜ]\w*(?:e|ung|heit|keit|schaft|tät|ion)\b|\s[a-zà-ÿ]+as?\b"
    r"|\s(?:Frau|Stadt|Welt|Zeit|Nacht|Hand|Tür|Person|Woche)\b"
)
_GERMAN_YEAR = re.compile(
    r"(?i:(\b(?:jahre?n?|anno|seit|von|bis|nach|vor|sommer|winter|januar|februar|märz|april|mai|juni"
    r"|juli|august|september|oktober|november|dezember) ))(1[1-9]\d\d)(?!\d|[.,:/]\d|%|\s[A-ZÄÖÜ])"
)
_KANJI = re.compile(r"[\u4e00-\u9fff]")
_RUSSIAN_PARTS = {1: ("десятая", "десятых"), 2: ("сотая", "сотых"), 3: ("тысячная", "тысячных")}


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it is written.

    Attributes:
        whole: Its digits before the decimal mark, without marks between thousands.
        decimals: Its digits after it, or nothing.
        negative: Whether a minus stands before it.
    """

    whole: str
    decimals: str = ""
    negative: bool = False

    @property
    def count(self) -> int | None:
        """Its value if it is whole and short, for the form of a noun."""
        return int(self.whole) if not self.decimals and len(self.whole) <= MAX_DIGITS else None


@cache
def numeral_pattern(decimal_mark: str) -> str:
    """The pattern of a number without a sign, in a language with this decimal mark."""
    if decimal_mark == ".":
        return r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d+)(?:\.\d+)?"
    grouped = r"\d{1,3}(?:[. ]\d{3})+(?:(?![\d,.]\d|\d)|(?=,\d))"
    return rf"(?:{grouped}|\d+)(?:,\d+|\.\d{{1,2}}(?!\.?\d))?"


def read_numeral(text: str, lexicon: Lexicon) -> Numeral:
    """Parse what `numeral_pattern` matched, with or without a sign."""
    negative = text[:1] in ("-", "−")
    text = text.lstrip("-−+")
    mark = lexicon.decimal_mark
    if mark == ",":
        # "3.14" has no group of three digits, so the point must be a decimal one.
        text = re.sub(r"\.(\d{1,2})$", r",\1", text)
    whole, _, decimals = text.partition(mark)
    return Numeral(re.sub(r"\D", "", whole), decimals, negative)


def say_numeral(numeral: Numeral, lexicon: Lexicon, gender: Gender = "") -> str:
    """A number as words; an empty string for an absurdly long one."""
    if len(numeral.whole) + len(numeral.decimals) > MAX_ROW:
        return ""
    joiner = lexicon.joiner
    sign = f"{lexicon.minus}{joiner}" if numeral.negative else ""
    row = len(numeral.whole) > 1 and numeral.whole.startswith("0") and not numeral.decimals
    if row or len(numeral.whole) > MAX_DIGITS:
        words = digit_words(numeral.whole, lexicon)
    else:
        words = cardinal(int(numeral.whole or "0"), lexicon, "" if numeral.decimals else gender)
    if not numeral.decimals:
        return sign + words
    if lexicon.language == "ru" and len(numeral.decimals) in _RUSSIAN_PARTS:
        return sign + _russian_decimal(int(numeral.whole), numeral.decimals, lexicon)
    return sign + joiner.join((words, lexicon.point, digit_words(numeral.decimals, lexicon)))


def _russian_decimal(whole: int, decimals: str, lexicon: Lexicon) -> str:
    """A decimal number as a fraction, as Russian says it: "три целых четырнадцать сотых"."""
    parts = int(decimals)
    one, many = _RUSSIAN_PARTS[len(decimals)]
    ones = whole % 10 == 1 and whole % 100 != 11
    of_parts = one if parts % 10 == 1 and parts % 100 != 11 else many
    return (
        f"{cardinal(whole, lexicon, 'f')} {'целая' if ones else lexicon.point} "
        f"{cardinal(parts, lexicon, 'f')} {of_parts}"
    )


def speak_rows(text: str, lexicon: Lexicon) -> str:
    """Put words for telephone numbers, versions and network addresses, digit by digit."""
    text = _PHONE.sub(lambda match: _phone(match.group(), lexicon), text)
    text = _DOTTED.sub(lambda match: _dotted(match, lexicon), text)
    return _LONG_ROW.sub(" ", text)


def speak_numbers(text: str, lexicon: Lexicon) -> str:
    """Put words for every number in a text; those within words ("mp3") stay."""
    language = lexicon.language
    if language == "en":
        text = years(model_numbers(text, lexicon), lexicon)
    else:
        text = _ordinals(text, lexicon)
    text = _FRACTION.sub(lambda match: _fraction(match, lexicon), text)
    text = _range(language).sub(
        lambda match: _range_words(match.group(1), match.group(2), lexicon), text
    )
    return _plain(language).sub(lambda match: _plain_words(match, lexicon), text)


@cache
def _range(language: str) -> re.Pattern[str]:
    number = numeral_pattern(_known(language).decimal_mark)
    return re.compile(
        rf"{NOT_INSIDE}(?<!-)({number})(?:[-–—~]| [–—] )({number})(?![-–]\d|[{LETTERS}\d])"
    )


@cache
def _plain(language: str) -> re.Pattern[str]:
    number = numeral_pattern(_known(language).decimal_mark)
    return re.compile(rf"{NOT_INSIDE}({SIGN}{number})(?=(.?))")


def _known(language: str) -> Lexicon:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    return lexicon


def _range_words(first: str, last: str, lexicon: Lexicon) -> str:
    said = [say_numeral(read_numeral(one, lexicon), lexicon) for one in (first, last)]
    return lexicon.joiner.join((said[0], lexicon.to, said[1]))


def _plain_words(match: re.Match[str], lexicon: Lexicon) -> str:
    numeral, after = read_numeral(match.group(1), lexicon), match.group(2)
    if lexicon.language == "ja":
        found = re.compile(COUNTERS).match(match.string, match.end())
        if found is None and _KANJI.match(after):
            # How the counter is read is known to voices that read kanji, from digits.
            return match.group(1)
    gender: Gender = ""
    if numeral.count is not None and "m" in lexicon.cardinals and lexicon.language != "ru":
        rest = match.string[match.end() : match.end() + 30]
        if re.match(r"\s[^\W\d_]", rest) and numeral.whole.endswith("1"):
            gender = "f" if _FEMININE.match(rest) else "m"
            if lexicon.language == "de" and not re.match(r"\s[A-ZÄÖÜ]", rest):
                gender = ""
    words = say_numeral(numeral, lexicon, gender)
    if re.match(rf"[{LETTERS}]", after):
        return words + " "
    return words


def speak_japanese_counters(text: str, lexicon: Lexicon) -> str:
    """Read the counters of dates, times and money together with their numbers."""
    number = numeral_pattern(lexicon.decimal_mark)

    def say(match: re.Match[str]) -> str:
        numeral = read_numeral(match.group(1), lexicon)
        words = say_numeral(numeral, lexicon)
        return counted(words, numeral.count or 0, match.group(2))

    return re.sub(rf"{NOT_INSIDE}({number})({COUNTERS})", say, text)


def _phone(text: str, lexicon: Lexicon) -> str:
    groups = re.findall(r"\d+", text)
    said = ", ".join(digit_words(group, lexicon) for group in groups)
    plus = lexicon.signs.get("+", "")
    return f"{plus}{lexicon.joiner}{said}" if text.startswith("+") else said


def _dotted(match: re.Match[str], lexicon: Lexicon) -> str:
    """A version or an address, said with its points."""
    digits = match.group(1)
    if lexicon.decimal_mark == "," and _GROUPED.fullmatch(digits):
        return match.group()
    said = [cardinal(int(part), lexicon) for part in digits.split(".")]
    dot = lexicon.point if lexicon.language == "en" else lexicon.dot
    return f" {dot} ".join(said)


def _fraction(match: re.Match[str], lexicon: Lexicon) -> str:
    whole, upper, lower = match.groups()
    words = lexicon.fractions.get((int(upper), int(lower)))
    if words is None:
        if whole is not None:
            return match.group()
        over = "out of" if lexicon.language == "en" and int(lower) in (5, 10, 20, 100) else ""
        if lexicon.language == "en" and (match.group() in ("24/7", "9/11") or upper == lower):
            return f"{cardinal(int(upper), lexicon)} {cardinal(int(lower), lexicon)}"
        said = (cardinal(int(upper), lexicon), over or lexicon.slash, cardinal(int(lower), lexicon))
        return lexicon.joiner.join(said)
    if whole is None:
        return words
    if lexicon.language == "en":
        words = words.replace("one ", "a ", 1)
    both = (cardinal(int(whole), lexicon), lexicon.signs.get("&", ""), words)
    return lexicon.joiner.join(part for part in both if part)


def _ordinals(text: str, lexicon: Lexicon) -> str:
    """The ordinals of languages that mark them with letters or a ring."""
    language = lexicon.language

    def say(rules: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        return lambda match: ordinal(int(match.group(1)), lexicon, rules(match.group(2)))

    if language in ("es", "it", "pt"):
        return _ROMANCE_ORDINAL.sub(
            say(lambda mark: f"spellout-ordinal-{'feminine' if mark == 'ª' else 'masculine'}"), text
        )
    if language == "fr":
        feminine = ("ère", "ere", "re", "nde")
        return _FRENCH_ORDINAL.sub(
            say(lambda end: f"spellout-ordinal-{'feminine' if end in feminine else 'masculine'}"),
            text,
        )
    if language == "ru":
        return _RUSSIAN_ORDINAL.sub(
            say(lambda end: f"spellout-ordinal-{_RUSSIAN_ENDINGS[end]}"), text
        )
    if language == "de":
        return _GERMAN_YEAR.sub(
            lambda match: match.group(1) + year_words(int(match.group(2)), lexicon), text
        )
    return text
