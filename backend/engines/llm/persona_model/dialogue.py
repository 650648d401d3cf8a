"""Find the reply to one message: the card first, then what can be worked out, then small talk.

Each step looks at the turn and gives an answer or an empty string; the first answer wins. So the
order of `_STEPS` is the character's order of mind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from backend.engines.llm.persona_model import intents, tools
from backend.engines.llm.persona_model.from_card import (
    about_self,
    from_examples,
    from_statements,
    introduce,
)
from backend.engines.llm.persona_model.languages import foreign_reply
from backend.engines.llm.persona_model.phrases import (
    ASK_BACK,
    ASK_NAME,
    GREETING,
    GREETING_BACK,
    HEROES,
    JOKE_AFTER,
    JOKES,
    REPLIES,
    SHORT_GREETING,
    THINGS,
)
from backend.engines.llm.persona_model.recall import as_written, recall, reflected, told_now
from backend.engines.llm.persona_model.turn import MAX_HEARD_CHARS, Turn
from backend.engines.llm.persona_model.words import content_words, normalized

NO_MODEL_EVERY = 5
"""The missing language model is mentioned at most once in so many replies."""

_VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôû")


def reply_to(turn: Turn) -> str:
    """The character's reply; never empty."""
    greeted = intents.GREETING_PREFIX.match(turn.plain)
    opening = ""
    whole = intents.intent_of(turn.plain) in ("greeting", "hi_chat", "good_morning")
    if greeted and not whole and any(c.isalpha() for c in turn.plain[greeted.end() :]):
        opening = "" if turn.said else turn.pick(SHORT_GREETING)
        turn.plain = turn.plain[greeted.end() :]
    for step in _STEPS:
        answer = step(turn)
        if answer:
            return _opened(opening, answer)
    return _opened(opening, _unknown(turn))


def _opened(opening: str, answer: str) -> str:
    """The greeting before the answer, unless the answer greets by itself."""
    if not opening or re.match(
        r"(?:hi|hello|hey|nice to meet|good (?:morning|evening))\b", answer, re.I
    ):
        return answer
    return f"{opening} {answer}"


def _odd_input(turn: Turn) -> str:
    """Messages without words: emoji, keyboard noise, one letter, a wall of text."""
    if len(turn.heard) > MAX_HEARD_CHARS:
        return turn.pick(REPLIES["too_long"])
    letters = [char for char in turn.heard if char.isalnum()]
    if not letters:
        signs = any(unicodedata.category(char) == "So" for char in turn.heard)
        return turn.pick(REPLIES["emoji" if signs else "tiny"])
    if (
        len(letters) == 1
        and letters[0].isascii()
        and letters[0].lower() not in "yn"
        and not letters[0].isdigit()
    ):
        return turn.pick(REPLIES["tiny"])
    return turn.pick(REPLIES["gibberish"]) if _is_gibberish(turn.plain) else ""


def _is_gibberish(plain: str) -> bool:
    """Whether no word of the text could be pronounced, or one key was held down."""
    if not plain.isascii():
        return False
    tokens = [token for token in re.findall(r"[a-z]+", plain) if len(token) > 3]
    if not tokens or re.search(
        r"\d|^(?:lol|lmao|haha|hehe|xd|gg|hm+|pff+|brr+|shh+|grr+|w+)", plain
    ):
        return False
    return all(_is_noise(token) for token in tokens) and len(tokens) <= 3


def _is_noise(token: str) -> bool:
    if re.fullmatch(r"(.{1,4})\1{2,}.{0,3}", token) and len(token) > 7:
        return True
    vowels = sum(char in _VOWELS for char in token)
    clusters = re.findall(r"[^aeiouy]+", token)
    return vowels == 0 or max(map(len, clusters), default=0) >= 5 or vowels / len(token) < 0.15


def _crisis(turn: Turn) -> str:
    return REPLIES["crisis"][0] if intents.intent_of(turn.plain) == "crisis" else ""


def _repeat(turn: Turn) -> str:
    match = intents.REPEAT.match(turn.heard)
    if not match or re.match(
        r"(?:something|anything|hi|hello|my name|it|that|what)\b", match["words"], re.I
    ):
        return ""
    return match["words"].strip()


def _worked_out(turn: Turn) -> str:
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


def _clock(turn: Turn) -> str:
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


def _greeting(turn: Turn) -> str:
    intent = intents.intent_of(turn.plain)
    if intent == "greeting":
        greeted = turn.said and any(
            normalized(turn.said[-1]).startswith(w) for w in ("hi", "hello", "hey")
        )
        if not turn.said and turn.card.opening and len(turn.card.opening) < 250:
            return turn.own(turn.card.opening)
        greeting = turn.pick(GREETING_BACK if greeted and len(turn.said) > 1 else GREETING)
        return f"{greeting} {_ask(turn)}"
    return ""


def _ask(turn: Turn) -> str:
    """A question back, one that was not asked lately; the name first."""
    if not turn.user and not any(
        turn.used(question) for question in (*ASK_NAME, "What shall I call you")
    ):
        if not re.search(r"call you|your name", " ".join(turn.said)):
            return turn.pick(ASK_NAME)
    return turn.pick(ASK_BACK)


def _choice(turn: Turn) -> str:
    """One of two things: what the card speaks of, else by chance."""
    pair = tools.options(turn.heard)
    if pair is None:
        return ""
    known = set(content_words(turn.card.all_text()))
    liked = [thing for thing in pair if set(content_words(thing)) & known]
    chosen = liked[0] if len(liked) == 1 else turn.rng.choice(pair)
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


def _accepted_offer(turn: Turn) -> str:
    """ "Yes" to the joke or the dice that was offered in the question before."""
    if not turn.asked or intents.intent_of(turn.plain) not in ("yes", "joke"):
        return ""
    offer = turn.asked.lower()
    return _joke(turn) if "joke" in offer or "another one" in offer else ""


def _joke(turn: Turn) -> str:
    return turn.pick(JOKES) + turn.rng.choice(JOKE_AFTER)


def _small_talk(turn: Turn) -> str:
    intent = intents.intent_of(turn.plain)
    if intent == "joke":
        return _joke(turn)
    if intent == "story":
        return turn.pick(
            REPLIES["story"], hero=turn.rng.choice(HEROES), thing=turn.rng.choice(THINGS)
        )
    if intent == "birthday_user":
        return turn.pick(REPLIES["birthday"])
    if intent == "playing":
        match = next(p for n, p in intents.INTENTS if n == "playing").search(turn.plain)
        thing = as_written(turn, re.split(r"[.!?,]", match["thing"])[0]) if match else ""
        return turn.pick(REPLIES["playing"], thing=thing) if thing else ""
    if intent in ("who", "age", "likes", "dislikes", "greeting", ""):
        return ""
    return turn.pick(REPLIES[intent])


def _answered_question(turn: Turn) -> str:
    """A short answer to what the character asked."""
    if not turn.asked or intents.QUESTION.search(turn.plain) or len(turn.plain.split()) > 4:
        return ""
    words_heard = content_words(turn.heard)
    if not words_heard:
        return ""
    thing = reflected(turn.heard.strip(" .!,"))
    return turn.pick(REPLIES["answer_echo"], thing=thing)


def _statement(turn: Turn) -> str:
    """Something that the user tells: give it back and ask on."""
    if intents.QUESTION.search(turn.plain):
        return ""
    first = re.split(r"[.!?\n;]|, (?:and|but|so)\b", turn.heard.strip())[0].strip()
    clean = re.sub(
        r"^(?:well|so|oh|and|but|yeah|yes|no|ok|okay|actually|today)[ ,]+", "", first, flags=re.I
    )
    if re.match(r"(?:i|i['’]m|i['’]ve|my|we)\b", clean, re.I) and 3 <= len(clean.split()) <= 12:
        return turn.pick(REPLIES["statement_echo"], reflected=reflected(clean))
    return turn.pick(REPLIES["statement"])


def _unknown(turn: Turn) -> str:
    """A question without an answer; now and then with the reason."""
    opinion = intents.OPINION.search(turn.heard)
    if opinion:
        return turn.pick(REPLIES["opinion"], thing=reflected(opinion["thing"]))
    if intents.ABOUT_CHARACTER.search(turn.plain):
        return turn.pick(REPLIES["self_unknown"])
    answer = turn.pick(REPLIES["unknown"])
    recently = " ".join(turn.said[-NO_MODEL_EVERY:])
    if "language model" not in recently:
        answer = f"{answer} {turn.pick(REPLIES['no_model'])}"
    return answer


_STEPS: tuple[Callable[[Turn], str], ...] = (
    _crisis,
    _repeat,
    _odd_input,
    _worked_out,
    _clock,
    recall,
    _accepted_offer,
    told_now,
    from_examples,
    foreign_reply,
    _greeting,
    about_self,
    _small_talk,
    _choice,
    from_statements,
    _answered_question,
    _statement,
)

__all__ = ["introduce", "reply_to"]
