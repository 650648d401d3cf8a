"""How English says numbers: ordinals, years, decades, names with numbers, and the clock."""

from __future__ import annotations

import re

from backend.speech_text.lexicon import Lexicon
from backend.speech_text.spelling import cardinal, digit_words, ordinal, year_words

_BEFORE_YEAR = frozenset(
    """
    in since by until till before after from of during circa around early late mid spring summer
    autumn fall winter year years back copyright class jan feb mar apr may jun jul aug sep oct nov
    dec january february march april june july august september october november december
    """.split()  # noqa: SIM905
)
_ORDINAL = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})*|\d{1,12})(?:st|nd|rd|th)(?!\w)", re.I)
_DECADE = re.compile(
    r"(?<![\w.])(?:(1[1-9]\d|20\d)0['’]?s|(?:((?:the|my|her|his|their|your|our|early|late|mid)[ -])"
    r"['’]?|['’])([2-9])0['’]?s)(?!\w)",
    re.I,
)
_YEAR = re.compile(r"(?<![\w.,$€£¥/:-])(1[1-9]\d\d|20\d\d)(?![\w%/:]|[.,]\d|-\d)")
_YEARS = re.compile(
    r"(?<![\w.,$€£¥/:-])(1[1-9]\d\d|20\d\d) ?[-–—] ?(1[1-9]\d\d|20\d\d|\d\d)(?![\w%/:-]|[.,]\d)"
)
_ERA = re.compile(r"\s?(BCE|BC|AD|CE)\b")
_MODEL = re.compile(r"\b([A-Z]{2,4}[ -]?)([1-9]\d)(\d\d)(?![\d,.:%]|\.\d)")
_FEET = re.compile(r"(?<![\w.])([3-8])['’′](\d|1[01])(?:[\"”″]|'')?(?!\w)")
_PER = re.compile(r"(?<=[\w])/(?=(?:second|minute|hour|day|week|month|year)\b)")
_LINES = re.compile(r"(?<![\w.])(\d{3,4})([pi])(?!\w)")
_NUMBERED = re.compile(r"(?<!\w)(#|[Nn]o\.|[Vv]ol\.|[Cc]h\.|[Ff]ig\.|[Ee]p\.|pp?\.) ?(?=\d)")
_NUMBERED_WORDS = {
    "#": "number", "no.": "number", "vol.": "volume", "ch.": "chapter", "fig.": "figure",
    "ep.": "episode", "p.": "page", "pp.": "pages",
}  # fmt: skip


def english_ordinals(text: str, lexicon: Lexicon) -> str:
    """Say "1st", "90s" and "No. 5"."""
    text = _NUMBERED.sub(lambda match: f"{_NUMBERED_WORDS[match.group(1).lower()]} ", text)
    text = _FEET.sub(
        lambda match: f"{cardinal(int(match[1]), lexicon)} foot {cardinal(int(match[2]), lexicon)}",
        text,
    )
    text = _PER.sub(" per ", text)
    text = _ORDINAL.sub(lambda match: ordinal(int(match.group(1).replace(",", "")), lexicon), text)
    return _DECADE.sub(
        lambda match: (match[2] or "") + _decade(int(match[1] or match[3]) * 10, lexicon), text
    )


def years(text: str, lexicon: Lexicon) -> str:
    """Say numbers that must be years as years: by the word before, or as ends of a span."""
    text = _YEARS.sub(lambda match: _span(match, lexicon), text)
    return _YEAR.sub(lambda match: _year(match, lexicon), text)


def model_numbers(text: str, lexicon: Lexicon) -> str:
    """Say "RTX 4090" and "1080p" in pairs of digits."""
    text = _MODEL.sub(
        lambda match: match.group(1) + pairs(match.group(2), match.group(3), lexicon), text
    )
    return _LINES.sub(
        lambda match: (
            f"{pairs(match.group(1)[:-2], match.group(1)[-2:], lexicon)} {match.group(2).upper()}"
        ),
        text,
    )


def pairs(first: str, last: str, lexicon: Lexicon) -> str:
    """Two numbers of two digits, said one after the other."""
    upper, lower = int(first), int(last)
    if lower == 0:
        hundreds = upper % 10 != 0
        return f"{cardinal(upper, lexicon)} hundred" if hundreds else cardinal(upper * 100, lexicon)
    between = " oh " if lower < 10 else " "
    return cardinal(upper, lexicon) + between + cardinal(lower, lexicon)


def clock(hour: int, minute: int, half: str, lexicon: Lexicon) -> str:
    """A time of day.

    Args:
        hour: 0 to 24.
        minute: 0 to 59.
        half: "A M", "P M" or nothing.
        lexicon: English.
    """
    if minute:
        oh = "oh " if minute < 10 else ""
        said = f"{cardinal(hour, lexicon)} {oh}{cardinal(minute, lexicon)}"
    elif half:
        said = cardinal(hour, lexicon)
    elif hour in (0, 24):
        return "midnight"
    elif hour <= 12:
        said = f"{cardinal(hour, lexicon)} o'clock"
    else:
        said = f"{cardinal(hour, lexicon)} hundred"
    return f"{said} {half}".rstrip()


def _decade(year: int, lexicon: Lexicon) -> str:
    century, tens = divmod(year, 100)
    if century and tens == 0:
        said = (
            cardinal(year, lexicon)
            if century % 10 == 0
            else f"{cardinal(century, lexicon)} hundred"
        )
        return f"{said}s"
    decade = cardinal(tens, lexicon)
    decade = f"{decade[:-1]}ies" if decade.endswith("y") else f"{decade}s"
    return f"{cardinal(century, lexicon)} {decade}" if century else decade


def _span(match: re.Match[str], lexicon: Lexicon) -> str:
    first, last = match.groups()
    end = digit_words(last, lexicon) if last.startswith("0") else cardinal(int(last), lexicon)
    if len(last) == 4:
        end = year_words(int(last), lexicon)
    return f"{year_words(int(first), lexicon)} to {end}"


def _year(match: re.Match[str], lexicon: Lexicon) -> str:
    before = match.string[max(0, match.start() - 14) : match.start()].split()
    after = match.string[match.end() : match.end() + 20]
    word = before[-1].strip("(,.'\"").lower() if before else ""
    counted = re.match(r"\s[a-z]+s\b", after) and not re.match(r"\s(?:is|was|has|as|this)\b", after)
    year = int(match.group())
    alone = 1900 <= year <= 2099 and not re.match(r"\s?[A-Za-z]", after)
    if _ERA.match(after) or (not counted and (word in _BEFORE_YEAR or (alone and not before))):
        return year_words(year, lexicon)
    if alone and match.string[: match.start()].endswith("("):
        return year_words(year, lexicon)
    return match.group()
