"""Money and measures in a text: "$3.50", "12 €", "80 km/h", "21 °C", "5 %"."""

from __future__ import annotations

import re
from functools import cache

from backend.speech_text.lexicon import Lexicon, Noun, lexicon_for
from backend.speech_text.numerals import (
    LETTERS,
    NOT_INSIDE,
    SIGN,
    Numeral,
    numeral_pattern,
    read_numeral,
    say_numeral,
)

SYMBOLS = {
    "US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "₹": "INR",
    "₽": "RUB", "₿": "BTC", "R$": "BRL", "元": "CNY", "円": "JPY", "원": "KRW",
}  # fmt: skip
_PERCENT = re.compile(rf"{NOT_INSIDE}({SIGN}{numeral_pattern('.')}) ?%")
_MAGNITUDES = {
    "k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion",
    "bn": "billion", "T": "trillion", "thousand": "thousand", "million": "million",
    "billion": "billion", "trillion": "trillion",
}  # fmt: skip
_ATTACHED_ONLY = frozenset({"K", "k", "M", "B", "x"})


def speak_money(text: str, lexicon: Lexicon) -> str:
    """Put words for sums of money, and for currency signs that stand alone."""
    if not _has_money(text):
        return text
    before, after, alone = _money_patterns(lexicon.language)
    text = before.sub(
        lambda match: _sum(match["number"], match["sign"], match["unit"], match["size"], lexicon),
        text,
    )
    text = after.sub(
        lambda match: _sum(match["number"], match["sign"], match["unit"], None, lexicon), text
    )
    return alone.sub(lambda match: f" {_currency(match.group(), lexicon)[0].forms[-1]} ", text)


def speak_measures(text: str, lexicon: Lexicon) -> str:
    """Put words for numbers with a unit, ranges of them too."""
    if lexicon.language == "zh":
        text = _PERCENT.sub(lambda match: _chinese_percent(match.group(1), lexicon), text)
    return _measure_pattern(lexicon.language).sub(lambda match: _measure(match, lexicon), text)


def _has_money(text: str) -> bool:
    return (
        any(sign in text for sign in "$€£¥₩₹₽₿元円원") or re.search(r"[A-Z]{3}", text) is not None
    )


@cache
def _money_patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    number = numeral_pattern(lexicon.decimal_mark)
    signs = [sign for sign, code in SYMBOLS.items() if code in lexicon.currencies]
    if language == "ja":
        # Read with its number, as a counter.
        signs.remove("円")
    units = "|".join(map(re.escape, sorted([*signs, *lexicon.currencies], key=len, reverse=True)))
    sizes = "|".join(sorted(_MAGNITUDES, key=len, reverse=True)) if language == "en" else r"(?!)"
    edge = rf"(?![{LETTERS}])"
    before = (
        rf"(?P<sign>{SIGN})(?<![{LETTERS}\d])(?P<unit>{units}) ?(?P<number>{number})"
        rf"(?: ?(?P<size>{sizes}){edge})?"
    )
    after = rf"{NOT_INSIDE}(?P<sign>{SIGN})(?P<number>{number}) ?(?P<unit>{units}){edge}"
    lone = "".join(sign for sign in signs if len(sign) == 1 and sign not in "$元円원")
    return re.compile(before), re.compile(after), re.compile(f"[{lone}]")


def _currency(unit: str, lexicon: Lexicon) -> tuple[Noun, Noun | None]:
    code = SYMBOLS.get(unit, unit)
    if unit == "¥" and lexicon.language == "zh":
        code = "CNY"
    return lexicon.currencies[code]


def _sum(number: str, sign: str, unit: str, size: str | None, lexicon: Lexicon) -> str:
    major, minor = _currency(unit, lexicon)
    numeral = read_numeral(sign + number, lexicon)
    joiner = lexicon.joiner
    if size:
        said = say_numeral(numeral, lexicon)
        return f"{said} {_MAGNITUDES[size]} {major.forms[-1]}"
    if minor is not None and len(numeral.decimals) == 2:
        return _with_hundredths(numeral, major, minor, lexicon)
    if set(numeral.decimals) == {"0"}:
        numeral = Numeral(numeral.whole, "", numeral.negative)
    said = say_numeral(numeral, lexicon, major.gender)
    return joiner.join((said, major.counted(numeral.count)))


def _with_hundredths(numeral: Numeral, major: Noun, minor: Noun, lexicon: Lexicon) -> str:
    parts = Numeral(str(int(numeral.decimals)))
    whole = Numeral(numeral.whole, "", numeral.negative)
    joiner = lexicon.joiner
    upper = joiner.join((say_numeral(whole, lexicon, major.gender), major.counted(whole.count)))
    lower = joiner.join((say_numeral(parts, lexicon, minor.gender), minor.counted(parts.count)))
    if parts.whole == "0":
        return upper
    if whole.whole.strip("0") == "":
        return lower
    if lexicon.language in ("ja", "zh", "ko", "ru"):
        return joiner.join((upper, lower))
    return f"{upper} {lexicon.signs['&']} {lower}"


@cache
def _measure_pattern(language: str) -> re.Pattern[str]:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    number = numeral_pattern(lexicon.decimal_mark)

    def alternatives(units: list[str]) -> str:
        return "|".join(map(re.escape, sorted(units, key=len, reverse=True)))

    spaced = alternatives([unit for unit in lexicon.units if unit not in _ATTACHED_ONLY])
    attached = alternatives([unit for unit in lexicon.units if unit in _ATTACHED_ONLY]) or "(?!)"
    return re.compile(
        rf"{NOT_INSIDE}(?:(?P<first>{number})(?:[-–—~]| [-–—] ))?(?P<number>{SIGN}{number})"
        rf"(?: ?(?P<unit>{spaced})|(?P<tight>{attached}))(?![{LETTERS}\d/²³])(?:\.(?=\s[a-z]))?"
    )


def _chinese_percent(number: str, lexicon: Lexicon) -> str:
    return f"百分之{say_numeral(read_numeral(number, lexicon), lexicon)}"


def _measure(match: re.Match[str], lexicon: Lexicon) -> str:
    unit = lexicon.units[match["unit"] or match["tight"]]
    numeral = read_numeral(match["number"], lexicon)
    said = lexicon.joiner.join(
        (say_numeral(numeral, lexicon, unit.gender), unit.counted(numeral.count))
    )
    if match["first"] is None:
        return said
    first = say_numeral(read_numeral(match["first"], lexicon), lexicon)
    return lexicon.joiner.join((first, lexicon.to, said))
