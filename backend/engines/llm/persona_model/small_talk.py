"""Small talk: greetings, jokes, feelings, and whatever the user tells."""

from __future__ import annotations

import re

from backend.engines.llm.persona_model import intents
from backend.engines.llm.persona_model.greetings import ASK_BACK, ASK_NAME, GREETING, GREETING_BACK
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.recall import as_written, reflected
from backend.engines.llm.persona_model.stories import FOODS, HEROES, JOKE_AFTER, JOKES, THINGS
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import content_words, normalized

_FILLER = re.compile(r"^(?:(?:well|so|oh|and|but|yeah|yes|no|ok|okay|actually|today)[ ,]+)+", re.I)
_OF_THEMSELVES = re.compile(r"(?:i|i['’]m|i['’]ve|my|we)\b", re.I)


def greeting(turn: Turn) -> str:
    """A greeting and a question back."""
    if intents.intent_of(turn.plain) != "greeting":
        return ""
    greeted = any(intents.intent_of(normalized(line)) == "greeting" for line in turn.before)
    line = turn.pick(GREETING_BACK if greeted else GREETING)
    return f"{line} {_ask(turn)}"


def _ask(turn: Turn) -> str:
    """A question back, one that was not asked lately; the name first."""
    asked = re.search(r"call you|your name|pleasure of talking", " ".join(turn.said))
    if not turn.user and not asked:
        return turn.pick(ASK_NAME)
    return turn.pick(ASK_BACK)


def accepted_offer(turn: Turn) -> str:
    """The joke that was just offered, after a yes."""
    if intents.intent_of(turn.plain) not in ("yes", "joke"):
        return ""
    offer = re.split(r"(?<=[.!?])\s+", turn.last_said.strip())[-1].lower()
    if re.search(r"\bjoke\b|another one\?", offer):
        return _joke(turn)
    if re.search(r"\broll\b", offer):
        turn.plain = turn.heard = "roll a d20"
    return ""


def _joke(turn: Turn) -> str:
    return turn.pick(JOKES) + turn.rng.choice(JOKE_AFTER)


def small_talk(turn: Turn) -> str:
    """The line for the message's intent, if it has one."""
    intent = intents.intent_of(turn.plain)
    if intent == "joke":
        return _joke(turn)
    if intent == "story":
        return turn.pick(
            REPLIES["story"], hero=turn.rng.choice(HEROES), thing=turn.rng.choice(THINGS)
        )
    if intent == "fact":
        return _fact(turn)
    if intent == "eat":
        return turn.pick(REPLIES["eat"], food=turn.rng.choice(FOODS))
    if intent == "birthday_user":
        return turn.pick(REPLIES["birthday"])
    if intent == "playing":
        match = next(p for n, p in intents.INTENTS if n == "playing").search(turn.plain)
        thing = (
            _plain_thing(as_written(turn, re.split(r"[.!?,]", match["thing"])[0])) if match else ""
        )
        return turn.pick(REPLIES["playing"], thing=thing) if thing else ""
    if intent in ("who", "age", "home", "job", "looks", "likes", "dislikes", "greeting", ""):
        return ""
    return turn.pick(REPLIES[intent])


def _plain_thing(text: str) -> str:
    """The thing itself: "a lot of Celeste lately" becomes "Celeste"."""
    text = re.sub(
        r"^(?:(?:a )?(?:lot|lots|bit|ton|tons|round|game)s? of|some|more)\s+", "", text, flags=re.I
    )
    return re.sub(
        r"\s+(?:lately|recently|today|tonight|right now|again|these days|a lot|with|and|all)\b.*$",
        "",
        text,
        flags=re.I,
    )


def _fact(turn: Turn) -> str:
    """Something from the character's world that was not told yet."""
    said = " ".join(turn.said)
    lore = [turn.own(s.text) for s in turn.card.statements if s.keys]
    fresh = [text for text in lore if normalized(text) not in said]
    return turn.pick(REPLIES["fact"], fact=turn.rng.choice(fresh)) if fresh else _joke(turn)


def answered_question(turn: Turn) -> str:
    """A short answer to what the character asked; the end of a joke that the user tells."""
    guessing = any(turn.just_used(line) for line in REPLIES["riddle"])
    if guessing and not turn.heard.endswith("?"):
        return turn.pick(REPLIES["punchline"])
    if turn.last_said == REPLIES["knock"][0]:
        return f"{turn.heard.rstrip('.!? ')} who?"
    if re.search(r"\bwho\?$", turn.last_said):
        return turn.pick(REPLIES["punchline"])
    if not turn.asked or intents.QUESTION.search(turn.plain) or len(turn.plain.split()) > 4:
        return ""
    told = intents.CLAUSE.search(turn.plain) or intents.BAD.search(turn.plain)
    if told or not content_words(turn.heard) or intents.FRAGMENT.match(turn.plain):
        return ""
    thing = reflected(turn.heard.strip(" .!,"))
    return turn.pick(REPLIES["answer_echo"], thing=thing)


def statement(turn: Turn) -> str:
    """Something that the user tells: give it back and ask on."""
    if intents.QUESTION.search(turn.plain):
        return ""
    if not intents.NEGATED.search(turn.plain):
        if intents.BAD.search(turn.plain):
            return turn.pick(REPLIES["sounds_bad"])
        if intents.GOOD.search(turn.plain):
            return turn.pick(REPLIES["sounds_good"])
    for sentence in reversed(re.split(r"[.!?\n;]|, (?:and|but|so)\b", turn.heard.strip())):
        clean = _FILLER.sub("", sentence.strip())
        if _OF_THEMSELVES.match(clean) and 3 <= len(clean.split()) <= 12:
            return turn.pick(REPLIES["statement_echo"], reflected=reflected(clean))
    third = intents.THIRD_PERSON.match(turn.plain)
    return turn.pick(REPLIES[f"third_{third['who']}" if third else "statement"])
