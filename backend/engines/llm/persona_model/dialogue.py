"""Find the reply to one message: the card first, then what can be worked out, then small talk.

Each step looks at the turn and gives an answer or an empty string; the first answer wins. So the
order of `_STEPS` is the character's order of mind.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from backend.engines.llm.persona_model import intents
from backend.engines.llm.persona_model.from_card import about_self, from_examples, from_statements
from backend.engines.llm.persona_model.games import choice, clock, worked_out
from backend.engines.llm.persona_model.greetings import SHORT_GREETING
from backend.engines.llm.persona_model.languages import foreign_reply
from backend.engines.llm.persona_model.odd_input import odd_input
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.recall import recall, reflected, told_now
from backend.engines.llm.persona_model.small_talk import (
    accepted_offer,
    answered_question,
    greeting,
    small_talk,
    statement,
)
from backend.engines.llm.persona_model.stories import JOKES
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import normalized

NO_MODEL_EVERY = 5
"""The missing language model is mentioned at most once in so many replies."""


def reply_to(turn: Turn) -> str:
    """The character's reply; never empty."""
    _say_again(turn)
    greeted = intents.GREETING_PREFIX.match(turn.plain)
    opening = ""
    whole = intents.intent_of(turn.plain) in ("greeting", "hi_chat", "good_morning")
    if greeted and not whole and any(c.isalpha() for c in turn.plain[greeted.end() :]):
        opening = "" if not turn.is_first else turn.pick(SHORT_GREETING)
        turn.plain = turn.plain[greeted.end() :]
    for step in _STEPS:
        answer = step(turn)
        if answer:
            return _opened(opening, answer)
    return _opened(opening, _unknown(turn))


def _say_again(turn: Turn) -> None:
    """Read "another one" as a repetition of what was asked for before."""
    if not intents.AGAIN.match(turn.plain):
        return
    if any(joke in turn.last_said for joke in JOKES):
        turn.plain = turn.heard = "tell me a joke"
        return
    earlier = [line for line in turn.before if not intents.AGAIN.match(normalized(line))]
    if earlier:
        turn.heard, turn.plain = earlier[-1], normalized(earlier[-1])


def _opened(opening: str, answer: str) -> str:
    """The greeting before the answer, unless the answer greets by itself."""
    if not opening or re.match(
        r"(?:hi|hello|hey|nice to meet|good (?:morning|evening))\b", answer, re.I
    ):
        return answer
    return f"{opening} {answer}"


def _crisis(turn: Turn) -> str:
    return REPLIES["crisis"][0] if intents.intent_of(turn.plain) == "crisis" else ""


def _repeat(turn: Turn) -> str:
    match = intents.REPEAT.match(turn.heard)
    if not match or re.match(
        r"(?:something|anything|hi|hello|my name|it|that|what)\b", match["words"], re.I
    ):
        return ""
    return match["words"].strip()


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
    odd_input,
    worked_out,
    clock,
    recall,
    accepted_offer,
    told_now,
    from_examples,
    foreign_reply,
    greeting,
    about_self,
    small_talk,
    choice,
    from_statements,
    answered_question,
    statement,
)
