"""Sums, dice, coins, choices and the clock, in sentences."""

from __future__ import annotations

from collections import Counter

from backend.engines.llm.persona_model import intents, tools
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.recall import reflected
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import content_words


def worked_out(turn: Turn) -> str:
    """Sums, dice, coins and numbers."""
    try:
        value = tools.solve(turn.heard)
    except ZeroDivisionError:
        return turn.pick(
            ("Dividing by zero? Not while I'm live!", "Nobody can divide by zero. I checked.")
        )
    except OverflowError:
        return turn.pick(
            (
                "That number is bigger than my whole computer.",
                "Too many digits for me! Have you got something smaller?",
            )
        )
    if value is not None:
        return turn.pick(("That's {n}.", "{n}!", "It comes to {n}."), n=tools.spoken_number(value))
    side = tools.coin(turn.plain, turn.rng)
    if side:
        return turn.pick(
            ("It's {side}!", "And it lands on... {side}!", "The coin says {side}."), side=side
        )
    number = tools.number_between(turn.plain, turn.rng)
    if number is not None:
        return turn.pick(("I say {n}.", "My number is {n}!"), n=str(number))
    return _dice(turn)


def _dice(turn: Turn) -> str:
    thrown = tools.dice(turn.plain, turn.rng)
    if thrown is None and turn.plain.strip(" .!") in ("roll", "roll it", "roll again"):
        thrown = [turn.rng.randint(1, 20)], 20
    if thrown is None:
        return ""
    faces, sides = thrown
    if len(faces) == 1:
        best = {1: " Ouch.", sides: " The best there is!"}.get(faces[0], "")
        return (
            turn.pick(("I rolled a {n}!", "It's a {n}!", "And it's a {n}."), n=str(faces[0])) + best
        )
    listed = f"{', '.join(map(str, faces[:-1]))} and {faces[-1]}"
    return turn.pick(
        ("I rolled {listed}, which makes {sum}.", "{Listed}! Together {sum}."),
        listed=listed,
        sum=str(sum(faces)),
    )


def clock(turn: Turn) -> str:
    """The time or the date."""
    place = intents.TIME_IN.search(turn.plain)
    if place:
        there = tools.time_in(place["place"], turn.now)
        if there is None:
            return turn.pick(REPLIES["other_clock"], time=tools.spoken_time(turn.now))
        return f"In {place['place'].title()} it's {tools.spoken_time(there)}."
    if intents.ASKED_TIME.search(turn.plain):
        return turn.pick(
            ("It's {time}.", "My clock says {time}.", "It's {time}, if my clock is right."),
            time=tools.spoken_time(turn.now),
        )
    if intents.ASKED_DATE.search(turn.plain):
        ahead = 1 if "tomorrow" in turn.plain else -1 if "yesterday" in turn.plain else 0
        date = tools.spoken_date(turn.now, ahead)
        if ahead:
            return f"That {'will be' if ahead > 0 else 'was'} {date}."
        return turn.pick(("Today is {date}.", "It's {date}."), date=date)
    return ""


def choice(turn: Turn) -> str:
    """One of two things: the one that the card speaks of more, else by chance."""
    pair = tools.options(turn.heard)
    if pair is None:
        return ""
    known = Counter(content_words(turn.card.all_text()))
    first, second = (sum(known[word] for word in content_words(thing)) for thing in pair)
    chosen = turn.rng.choice(pair) if first == second else pair[0] if first > second else pair[1]
    thing = reflected(chosen.strip())
    return turn.pick(
        (
            "{Thing}, without a doubt. And you?",
            "I'd say {thing}!",
            "{Thing}. Don't tell {other} I said that.",
        ),
        thing=thing,
        other=reflected(pair[1] if chosen == pair[0] else pair[0]),
    )
