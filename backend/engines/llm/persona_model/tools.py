"""Answers that can be worked out: sums, dice, coins, choices, the time and the date."""

from __future__ import annotations

import ast
import math
import operator
import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_NUMBER = 1e15
MAX_EXPONENT = 64
MAX_DICE = 20

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        """
            zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
            fifteen sixteen seventeen eighteen nineteen twenty
        """.split()  # noqa: SIM905
    )
} | {
    word: 10 * (index + 3)
    for index, word in enumerate(
        ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"]
    )
}
_SPOKEN_OPERATORS = (
    (r"square root of\s+(\d+(?:\.\d+)?)", r"(\1)**0.5"),
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent) of\s+(\d+(?:\.\d+)?)", r"(\1)*(\2)/100"),
    (r"\bdivided by\b|÷|\bover\b", "/"),
    (r"\bmultiplied by\b|\btimes\b|×|(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\bplus\b|\band\b(?=\s*\d)", "+"),
    (r"\bminus\b|−|–", "-"),
    (r"\bto the power of\b|\^", "**"),
    (r"\bsquared\b", "**2"),
    (r"\bcubed\b", "**3"),
)
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Mod: operator.mod, ast.FloorDiv: operator.floordiv,
}  # fmt: skip
_ASKED_SUM = re.compile(
    r"^(?:(?:hey|ok|so|and|quick|please)[, ]+)*(?:what(?:'s|’s|s| is| are| does)?|how much is|"
    r"calculate|compute|solve|can you (?:calculate|solve))?\s*"
    r"(?P<sum>[\d(.√-].*?)\s*(?:equal|=|\?|!|\.)*\s*$",
    re.I,
)
_DICE = re.compile(
    r"\b(?:roll|throw|toss)\b(?:.*?\b(?P<count>\d{1,3}|a|an|one|two|three|four|five|some)\b)?.*?(?:\bd(?P<sides>\d{1,4})\b|\bdice\b|\bdie\b)",
    re.I,
)
_COMPACT_DICE = re.compile(r"\b(?P<count>\d{0,3})d(?P<sides>\d{1,4})\b", re.I)
_COIN = re.compile(
    r"\b(?:flip|toss|throw)\b.*\bcoin\b|\bcoin (?:flip|toss)\b|\bheads or tails\b", re.I
)
_RANGE = re.compile(
    r"\b(?:number|roll|pick)\b.*?(?:between|from)\s+(-?\d{1,9})\s+(?:and|to)\s+(-?\d{1,9})", re.I
)
_CHOICE = re.compile(
    r"^(?:(?:pick|choose|decide|help me (?:pick|choose|decide))(?: one)?(?: between)?:?\s+|"
    r"(?:would you rather|do you prefer|"
    r"which(?: one)?(?: is better| do you (?:like|prefer))?)[,:]?\s+|"
    r"should i\s+)?"
    r"(?P<a>[\w'’ -]{1,40}?)\s+or\s+(?P<b>[\w'’ -]{1,40}?)\s*\?*$",
    re.I,
)


def solve(text: str) -> float | int | None:
    """The value of the sum asked for in `text`; None when it asks for none.

    Raises:
        ZeroDivisionError: The sum divides by zero.
        OverflowError: The sum is too large.
    """
    spoken = text.lower().replace(",", "") if re.search(r"\d,\d{3}", text) else text.lower()
    spoken = re.sub(
        r"[a-z]+", lambda match: str(_NUMBER_WORDS.get(match.group(), match.group())), spoken
    )
    for pattern, sign in _SPOKEN_OPERATORS:
        spoken = re.sub(pattern, sign, spoken)
    asked = _ASKED_SUM.match(spoken.strip())
    if asked is None or not re.search(r"\d\)?\s*(?:[-+*/%]|\*\*)+\s*\(?-?\s*[\d.]", asked["sum"]):
        return None
    if not re.fullmatch(r"[\d\s.+*/()%-]{3,100}", asked["sum"]):
        return None
    try:
        value = _value(ast.parse(asked["sum"].strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return None
    return int(value) if float(value).is_integer() else value


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        result: float = node.value
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        result = -_value(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        base, exponent = _value(node.left), _value(node.right)
        if abs(exponent) > MAX_EXPONENT or (base < 0 and exponent != int(exponent)):
            raise OverflowError
        result = base**exponent
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        result = _BINARY[type(node.op)](_value(node.left), _value(node.right))
    else:
        raise ValueError("not a sum")
    if abs(result) > MAX_NUMBER:
        raise OverflowError
    return result


def spoken_number(value: float) -> str:
    """A number as it is read out: grouped when whole, rounded to six significant digits."""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    digits = max(0, 5 - math.floor(math.log10(abs(value)))) if value else 0
    rounded = round(value, min(10, digits))
    return f"about {rounded:g}" if rounded != value else f"{value:g}"


def dice(text: str, rng: random.Random) -> tuple[list[int], int] | None:
    """The faces thrown and the number of sides, when `text` asks for dice."""
    spoken = _DICE.search(text)
    compact = _COMPACT_DICE.search(text)
    if compact and (
        re.search(r"\broll|\bthrow|\btoss", text) or compact.group() == text.strip(" ?!.")
    ):
        count, sides = int(compact["count"] or 1), int(compact["sides"])
    elif spoken:
        word = (spoken["count"] or "a").lower()
        count = int(word) if word.isdigit() else _NUMBER_WORDS.get(word, 2 if word == "some" else 1)
        sides = 6
    else:
        return None
    count, sides = min(max(count, 1), MAX_DICE), min(max(sides, 2), 1000)
    return [rng.randint(1, sides) for _ in range(count)], sides


def coin(text: str, rng: random.Random) -> str | None:
    """The side, heads or tails, when a coin is to be flipped."""
    return rng.choice(("heads", "tails")) if _COIN.search(text) else None


def number_between(text: str, rng: random.Random) -> int | None:
    """A number from the range that `text` asks for."""
    match = _RANGE.search(text)
    if match is None:
        return None
    low, high = sorted((int(match.group(1)), int(match.group(2))))
    return rng.randint(low, high)


def options(text: str) -> tuple[str, str] | None:
    """The two things to choose between in "tea or coffee?"."""
    match = _CHOICE.match(text.strip())
    if match is None or len(match["a"].split()) > 4 or len(match["b"].split()) > 4:
        return None
    first = re.sub(
        r"^(?:is it|are you(?: an?)?|do you (?:like|want)|the)\s+", "", match["a"], flags=re.I
    )
    if match["b"].lower() in ("not", "no", "what", "something", "whatever") or re.match(
        r"(?:are|is|do|did|was|can|will)\b", match["a"], re.I
    ):
        return None
    return first, match["b"]


def parse_now(now: str) -> datetime:
    """The moment a request names; the machine's own clock when it names none that can be read."""
    try:
        return (
            datetime.fromisoformat(now.replace("Z", "+00:00"))
            if now
            else datetime.now().astimezone()
        )
    except ValueError:
        return datetime.now().astimezone()


def time_in(place: str, now: datetime) -> datetime | None:
    """The same moment in a city of the time zone database; None when it has no such city."""
    city = "_".join(word.capitalize() for word in place.split())
    for region in ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic"):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return now.astimezone(ZoneInfo(f"{region}/{city}"))
    return None


def spoken_time(now: datetime) -> str:
    """The time as people say it: "9:05 in the evening"."""
    hour = now.hour % 12 or 12
    return f"{hour}:{now.minute:02d} {_part_of_day(now)}"


def _part_of_day(now: datetime) -> str:
    part = "morning" if 3 <= now.hour < 12 else day_part(now)
    return "at night" if part == "night" else f"in the {part}"


def day_part(now: datetime) -> str:
    """The part of the day: "morning", "afternoon", "evening" or "night"."""
    for end, part in ((5, "night"), (12, "morning"), (17, "afternoon"), (22, "evening")):
        if now.hour < end:
            return part
    return "night"


def spoken_date(now: datetime, days_ahead: int = 0) -> str:
    """A date as people say it: "Friday, the 20th of November 2026"."""
    day = now + timedelta(days=days_ahead)
    ending = (
        "th" if 10 <= day.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    )
    weekday = """
        Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    """.split()[day.weekday()]  # noqa: SIM905
    month = (
        """
            January February March April May June July August September October November December
        """.split()  # noqa: SIM905
    )[day.month - 1]
    return f"{weekday}, the {day.day}{ending} of {month} {day.year}"
