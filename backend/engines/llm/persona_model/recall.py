"""Talk about what the user told: their name, and facts such as "lives in Berlin"."""

from __future__ import annotations

import re

from backend.engines.llm.persona_model import intents
from backend.engines.llm.persona_model.first_person import plain_verb
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import content_words, sentences, words

_ABOUT = {"live": "live", "from": "come", "old": "old", "age": "old", "work": "work", "job": "work"}
_UNSPOKEN = frozenset(("their", "the", "named", "name", "years", "old"))
_SWAPS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "am": "are",
    "you": "me", "your": "my", "yours": "mine", "yourself": "myself", "was": "were", "our": "your",
    "we": "you", "us": "you",
}  # fmt: skip


def recall(turn: Turn) -> str:
    """The answer to a question about the user, or an empty string."""
    if intents.ASKED_MY_NAME.search(turn.plain):
        if turn.user:
            return turn.pick(
                ("You're {user}! I remember.", "{User}, of course.", "Your name is {user}.")
            )
        return turn.pick(
            (
                "You haven't told me yet. What's your name?",
                "I don't know your name yet. Will you tell me?",
            )
        )
    if intents.ASKED_ABOUT_ME.search(turn.plain):
        return _all_known(turn)
    if intents.ASKED_MY_FACT.search(turn.plain):
        return _matching_fact(turn)
    return ""


def _all_known(turn: Turn) -> str:
    known = ([f"your name is {turn.user}"] if turn.user else []) + [
        second_person(f) for f in turn.facts[-3:]
    ]
    if not known:
        return turn.pick(
            (
                "Not much yet! Tell me something about you.",
                "So far, only that you ask good questions. Tell me more!",
            )
        )
    listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"
    return turn.pick(
        ("I know that {listed}.", "You told me that {listed}. Did I get it right?"), listed=listed
    )


def _matching_fact(turn: Turn) -> str:
    """The fact that shares the most words with the question."""
    query = set(content_words(turn.plain)) | {
        _ABOUT[word] for word in words(turn.plain) if word in _ABOUT
    }
    favourite = "favourite" in turn.plain
    best, best_score = "", 0
    for fact in reversed(turn.facts):
        fact_words = {*content_words(fact), *(plain_verb(word) for word in words(fact))}
        score = len(query & fact_words) + (favourite and fact.startswith("favourite"))
        if score > best_score and (query & fact_words):
            best, best_score = fact, score
    if best:
        told = second_person(best)
        return turn.pick(
            ("You told me that {told}.", "{Told}, if I remember right!", "I remember: {told}."),
            told=told,
        )
    line = _said_before(turn, query)
    if line:
        return turn.pick(
            ("You told me that {told}.", "You said that {told}, if I heard right."), told=line
        )
    if re.search(
        r"\bmy (?:favourite|cat|dog|job|hobby|age|birthday|pet)|\bdo i\b|where (?:do|am) i\b|"
        r"how old am i",
        turn.plain,
    ):
        return turn.pick(
            (
                "You haven't told me that yet. Will you?",
                "I don't know that yet, so tell me!",
                "I don't think you've told me. What's the answer?",
            )
        )
    return ""


def _said_before(turn: Turn, query: set[str]) -> str:
    """What the user said of themselves earlier that shares a word with the question."""
    for line in reversed(turn.before):
        for sentence in sentences(line):
            about_user = re.match(r"(?:i|my|we|i['’]\w+)\b", sentence, re.I)
            if about_user and not sentence.endswith("?") and query & set(content_words(sentence)):
                told = reflected(sentence.rstrip(" .!…"))
                return told[0].lower() + told[1:]
    return ""


def told_now(turn: Turn) -> str:
    """The answer to a line in which the user tells a name or a fact, or an empty string."""
    if intents.QUESTION.search(turn.plain):
        return ""
    if turn.just_introduced:
        return turn.pick(REPLIES["name_told"])
    dislike = intents.DISLIKE_TOLD.match(turn.heard)
    if dislike and _is_thing(dislike["thing"]):
        return turn.pick(REPLIES["dislike_told"], thing=reflected(dislike["thing"]))
    like = intents.LIKE_TOLD.match(turn.heard)
    if like and _is_thing(like["thing"]):
        return turn.pick(REPLIES["like_told"], thing=reflected(like["thing"]))
    spoken = set(words(turn.plain))
    for fact in turn.facts:
        content = [word for word in words(fact)[1:] if word not in _UNSPOKEN]
        if content and spoken.issuperset(content):
            return turn.pick(REPLIES["fact_told"], you_fact=second_person(fact))
    return ""


def _is_thing(thing: str) -> bool:
    return thing.split()[0].lower() not in (
        "you",
        "it",
        "that",
        "this",
        "how",
        "what",
        "when",
        "him",
        "her",
        "them",
        "to",
        "the",
    )


def as_written(turn: Turn, phrase: str) -> str:
    """The phrase in the user's own spelling, turned to the second person."""
    start = turn.heard.lower().find(phrase.strip().lower())
    found = turn.heard[start : start + len(phrase.strip())] if start >= 0 else phrase.strip()
    return reflected(re.split(r"[.!?\n]", found)[0]).strip(" ,")


def reflected(text: str) -> str:
    """The text from the other side: "my cat hates me" → "your cat hates you"."""
    turned = re.sub(r"\bi['’]m\b", "you're", text, flags=re.I)
    turned = re.sub(r"\bi['’](ve|ll|d)\b", r"you'\1", turned, flags=re.I)
    return re.sub(
        r"(?<!['’])\b[A-Za-z]+\b(?!['’])",
        lambda m: _SWAPS.get(m.group().lower(), m.group()),
        turned,
    )


def second_person(fact: str) -> str:
    """Turn "lives in Berlin" to "you live in Berlin", "favourite …" to "your favourite …"."""
    first, _, rest = fact.partition(" ")
    rest = re.sub(r"\btheir\b", "your", rest)
    if first in ("favourite", "birthday"):
        return f"your {first} {rest}"
    if first.endswith(":"):
        return f"your {first[:-1]} is {rest}"
    verb = "are" if first == "is" else plain_verb(first)
    return f"you {verb} {rest}"
