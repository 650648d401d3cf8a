"""Dates and times of day in a text."""

from __future__ import annotations

import re
from functools import cache

from backend.speech_text.english import clock
from backend.speech_text.japanese import counted
from backend.speech_text.lexicon import Lexicon, lexicon_for
from backend.speech_text.spelling import cardinal, digit_words, ordinal, year_words

_EDGE = r"(?<![A-Za-zÀ-ӿ_\d.,:/-])"
_AFTER = r"(?![A-Za-zÀ-ӿ_\d/:-]|[.,]\d)"
_ISO = re.compile(
    r"(?<![A-Za-zÀ-ӿ_\d.,:/-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![A-Za-zÀ-ӿ_\d/:-]|[.,]\d)"
)
_SLASHED = re.compile(rf"{_EDGE}(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}|\d{{2}}){_AFTER}")
_DOTTED = re.compile(
    rf"{_EDGE}(\d{{1,2}})\. ?(\d{{1,2}})\. ?(\d{{4}}|\d{{2}}(?!\d))?(?![A-Za-zÀ-ӿ_\d/:-]|,\d|\.\d)"
)
_EASTERN = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]")
_EASTERN_YEAR = re.compile(r"(?<!\d)(\d{4})(?=年)")
_TIME = re.compile(
    r"(?<![A-Za-zÀ-ӿ_\d.,:/])([01]?\d|2[0-4])(?::|(?<=\d)h(?=\d))([0-5]\d)(?::([0-5]\d))?"
    r"(?:\s?([AaPp](?:\.[Mm]\.|[Mm]\b)|Uhr\b|h\b))?(?![A-Za-zÀ-ӿ_\d:]|[.,]\d)"
)
_HALF = re.compile(r"(?<![A-Za-zÀ-ӿ_\d.,:/])(1[0-2]|0?[1-9])\s?([AaPp])(?:\.[Mm]\.|[Mm]\b)")
_RATIO = re.compile(r"(?<![A-Za-zÀ-ӿ_\d.,:])(\d{1,4}):(\d{1,4})(?![A-Za-zÀ-ӿ_\d:])")
_BEFORE_DATE = [["am"], ["vom"], ["bis"], ["zum"], ["seit"], ["ab"], ["der"], ["den"], ["dem"]]
_KOREAN_MONTHS = {6: "유", 10: "시"}


def speak_dates(text: str, lexicon: Lexicon) -> str:
    """Put words for dates, written with digits alone or with the month's name."""
    if not any(char.isdigit() for char in text):
        return text
    text = _ISO.sub(lambda match: _date(match[1], match[2], match[3], lexicon) or match[0], text)
    text = _SLASHED.sub(lambda match: _slashed(match, lexicon), text)
    if lexicon.decimal_mark == ",":
        text = _DOTTED.sub(lambda match: _dotted(match, lexicon), text)
    if lexicon.months:
        return _named(lexicon.language).sub(lambda match: _named_date(match, lexicon), text)
    text = _EASTERN.sub(
        lambda match: _date(match[1], match[2], match[3], lexicon) or match[0], text
    )
    if lexicon.language == "zh":
        return _EASTERN_YEAR.sub(lambda match: digit_words(match.group(), lexicon), text)
    return text


def speak_times(text: str, lexicon: Lexicon) -> str:
    """Put words for times of day and, after them, for ratios such as 16:9."""
    if lexicon.language == "en":
        text = _HALF.sub(
            lambda match: f"{cardinal(int(match.group(1)), lexicon)} {match.group(2).upper()} M",
            text,
        )
    text = _TIME.sub(lambda match: _time(match, lexicon), text)
    return _RATIO.sub(
        lambda match: lexicon.joiner.join(
            (
                cardinal(int(match.group(1)), lexicon),
                lexicon.to,
                cardinal(int(match.group(2)), lexicon),
            )
        ),
        text,
    )


@cache
def _named(language: str) -> re.Pattern[str]:
    """Day and month by name, in either order, with or without a year."""
    lexicon = lexicon_for(language)
    assert lexicon is not None
    names = [re.escape(name) for name in lexicon.months]
    if language == "en":
        short = [f"{name[:3]}(?:\\.|\\b)" for name in lexicon.months] + [r"Sept(?:\.|\b)"]
        names = [f"{name}\\b" for name in names] + short
    month = f"(?:{'|'.join(names)})"
    of = {"es": "de ", "pt": "de ", "en": "of "}.get(language, "(?!)")
    mark = {"de": r"\.", "en": "(?:st|nd|rd|th)", "fr": "er", "es": "º", "it": "º", "pt": "º"}.get(
        language, "(?!)"
    )
    year = r"(?P<year>[12]\d{3})(?![A-Za-zÀ-ӿ_\d%:/]|[.,]\d)"
    day_first = (
        rf"(?<![A-Za-zÀ-ӿ_\d.,:/-])(?P<day>\d{{1,2}}){mark}? (?:{of})?(?P<month>{month})"
        rf"(?:(?:,? (?:{of})?){year})?"
    )
    if language != "en":
        return re.compile(day_first, re.I)
    month_first = (
        rf"\b(?P<month2>{month}) (?P<day2>\d{{1,2}}){mark}?(?![A-Za-zÀ-ӿ_\d:%/]|[.,]\d)(?:,? "
        rf"{year.replace('<year>', '<year2>')})?"
    )
    return re.compile(f"{day_first}(?!\\w)|{month_first}")


def _named_date(match: re.Match[str], lexicon: Lexicon) -> str:
    found = match.groupdict()
    day, name = found["day"] or found["day2"], found["month"] or found["month2"]
    stem = name.rstrip(".").lower()
    month = next(
        index for index, one in enumerate(lexicon.months, 1) if one.lower().startswith(stem)
    )
    before = match.string[max(0, match.start() - 4) : match.start()]
    return (
        _date(found["year"] or found.get("year2"), str(month), day, lexicon, before)
        or match.group()
    )


def _slashed(match: re.Match[str], lexicon: Lexicon) -> str:
    first, second, year = match.groups()
    day, month = (second, first) if lexicon.language == "en" else (first, second)
    if int(month) > 12:
        day, month = month, day
    return _date(_full_year(year), month, day, lexicon) or match.group()


def _dotted(match: re.Match[str], lexicon: Lexicon) -> str:
    day, month, year = match.groups()
    before = match.string[max(0, match.start() - 5) : match.start()]
    if not year and before.lower().split()[-1:] not in _BEFORE_DATE:
        return match.group()
    said = _date(_full_year(year), month, day, lexicon, before)
    space = " " if said and match.group().endswith(" ") else ""
    return said + space if said else match.group()


def _full_year(year: str | None) -> str | None:
    return f"20{year}" if year and len(year) == 2 else year


def _date(year: str | None, month: str, day: str, lexicon: Lexicon, before: str = "") -> str:
    """A date as words, or nothing if there is no such day."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ""
    if not lexicon.months:
        return _eastern_date(year, int(month), int(day), lexicon)
    said_day = cardinal(int(day), lexicon)
    if int(day) <= lexicon.ordinal_days:
        # German: "am dritten", but "der dritte".
        nominative = lexicon.language == "de" and before.lower().endswith("der ")
        said_day = ordinal(int(day), lexicon, "spellout-ordinal" if nominative else "")
    name = lexicon.months[int(month) - 1]
    if not year:
        return lexicon.day_month.format(day=said_day, month=name)
    return lexicon.date.format(day=said_day, month=name, year=year_words(int(year), lexicon))


def _eastern_date(year: str | None, month: int, day: int, lexicon: Lexicon) -> str:
    def number(value: int) -> str:
        return cardinal(value, lexicon)

    if lexicon.language == "ja":
        parts = [(int(year), "年")] if year else []
        parts += [(month, "月"), (day, "日")]
        return "".join(counted(number(value), value, unit) for value, unit in parts)
    if lexicon.language == "zh":
        first = f"{digit_words(year, lexicon)}年" if year else ""
        return f"{first}{number(month)}月{number(day)}日"
    first = f"{number(int(year))}년 " if year else ""
    return f"{first}{_KOREAN_MONTHS.get(month, number(month))}월 {number(day)}일"


def _time(match: re.Match[str], lexicon: Lexicon) -> str:
    hour, minute, half = int(match.group(1)), int(match.group(2)), match.group(4) or ""
    language = lexicon.language
    if language == "en":
        half = f"{half[0].upper()} M" if half[:1] in tuple("AaPp") else ""
        said = clock(hour, minute, half, lexicon)
    elif language == "ja":
        said = counted(cardinal(hour, lexicon), hour, "時")
        said += counted(cardinal(minute, lexicon), minute, "分") if minute else ""
    elif language == "zh":
        said = f"{'两' if hour == 2 else cardinal(hour, lexicon)}点"
        said += ("零" if 0 < minute < 10 else "") + (
            f"{cardinal(minute, lexicon)}分" if minute else "整"
        )
    else:
        said = _spelled_time(hour, minute, lexicon)
    if match.group(3):
        seconds = cardinal(int(match.group(3)), lexicon)
        and_word = lexicon.signs["&"] if language == "en" else ""
        said = lexicon.joiner.join(part for part in (said, and_word, seconds) if part)
        said += " seconds" if language == "en" else ""
    return said


def _spelled_time(hour: int, minute: int, lexicon: Lexicon) -> str:
    noun = lexicon.hour
    words = {
        "hour": cardinal(hour, lexicon, noun.gender if noun else ""),
        "minute": cardinal(minute, lexicon),
        "hours": noun.counted(hour) if noun else "",
    }
    return (lexicon.clock if minute else lexicon.full_hour).format(**words)
