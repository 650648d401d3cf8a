"""Answer from the character card: an example exchange, a lorebook entry or a profile sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.engines.llm.persona_model import intents
from backend.engines.llm.persona_model.card import Statement
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import (
    FRAME_WORDS,
    STOPWORDS,
    content_words,
    normalized,
    stem,
    words,
)

SAME_QUESTION = 0.62
"""Weighted overlap from which two lines ask the same."""

ENOUGH_COVERED = 0.6
"""Share of a question's weight that a statement must hold to answer it."""

_NEGATIONS = frozenset(["not", "no", "never"])


def from_examples(turn: Turn) -> str:
    """The answer of the example exchange whose user line says the same as the message."""
    asked = words(turn.plain)
    best, best_overlap = None, SAME_QUESTION
    for exchange, said in zip(turn.card.exchanges, turn.card.exchange_words, strict=True):
        overlap = _overlap(turn, asked, said)
        if overlap > best_overlap:
            best, best_overlap = exchange, overlap
    if best is None:
        return ""
    answer = turn.own(best.answer)
    if normalized(answer) in turn.said:
        return turn.pick(REPLIES["reminded"], answer=answer)
    return answer


def _overlap(turn: Turn, asked: list[str], said: frozenset[str]) -> float:
    """Weighted Jaccard index of the words that matter; 0 when different people are meant."""
    mine, theirs = _meaning(asked), _meaning(said)
    if bool(_NEGATIONS & set(asked)) != bool(_NEGATIONS & said):
        return 0.0
    about_char = bool({"you", "your"} & said)
    if about_char and len(asked) > 3 and not {"you", "your"} & set(asked):
        return 0.0
    if {"my", "i", "me"} & set(asked) and about_char and not {"my", "i", "me"} & said:
        return 0.0
    if not mine and not theirs:
        return 1.0 if set(asked) == said else 0.0
    weight = turn.card.exchange_index.weight
    union = sum(weight(word) for word in mine | theirs)
    return sum(weight(word) for word in mine & theirs) / union if union else 0.0


def _meaning(line: frozenset[str] | list[str]) -> set[str]:
    """The stems that tell what a line asks."""
    return {stem(word) for word in line if word not in STOPWORDS or word in FRAME_WORDS}


def introduce(turn: Turn) -> str:
    """Who the character is, in a sentence or two."""
    name = turn.card.name
    told = turn.own(turn.card.introduction)
    if not told:
        return turn.pick(
            (
                "I'm {char}. Not much is written about me yet, so we'll have to find out together!",
                "{Char}, nice to meet you. The rest of my story is still unwritten.",
            )
        )
    if name.split()[0] in told or re.match(r"I'm (?!an? |the )", told):
        return told
    return f"I'm {name}. {told}"


def about_self(turn: Turn) -> str:
    """Who, how old, what it likes: the standing questions about a character."""
    intent = intents.intent_of(turn.plain)
    if intent == "who":
        answer = introduce(turn)
        return (
            turn.pick(REPLIES["reminded"], answer=answer)
            if normalized(answer) in turn.said
            else answer
        )
    if intent == "age":
        age = turn.card.attributes.get("age", "")
        if age:
            return turn.pick(("I'm {age}.", "{Age}, and not a day more."), age=age)
        return _telling(turn, r"\b(?:born|years old)\b", REPLIES["age_unknown"])
    if intent == "looks":
        return _telling(turn, r"\b(?:hair|eyes|tall|scar|wear|tail|ears|skin|face|build|dressed)\b")
    if intent == "job":
        occupation = turn.card.attributes.get("occupation")
        return _telling(
            turn,
            r"\bI work as\b"
            if occupation
            else r"\bI (?:work|run|host|guard|serve|teach|fix|own|sell|build|hunt)\b|"
            r"\bI'm an? (?!virtual)",
        )
    if intent == "home":
        turn.plain = "where do you live"
        return from_examples(turn) or _telling(
            turn, r"\bI (?:live|come from|was born|grew up)\b|\b[Mm]y home"
        )
    if intent == "likes":
        return _telling(
            turn,
            r"\bI (?:really |also |absolutely )?(?:like|love|enjoy|adore|collect)\b|"
            r"[Mm]y hobbies|favou?rite|"
            r"^I (?:build|watch|read|play|collect|paint|sing|cook|bake|dance)\b",
        )
    if intent == "dislikes":
        return _telling(
            turn, r"\bI (?:hate|dislike|fear|avoid|don't like|can't stand)\b|\bafraid of\b|scare"
        )
    return ""


def _told(turn: Turn) -> list[Statement]:
    """What the card says of the character, without the answers of the example dialogue."""
    return [statement for statement in turn.card.statements if not statement.is_answer]


def _telling(turn: Turn, pattern: str, otherwise: Sequence[str] = REPLIES["self_unknown"]) -> str:
    """A statement that the pattern finds, one that was not said lately when there is any."""
    found = [turn.own(s.text) for s in _told(turn) if re.search(pattern, s.text)]
    fresh = [text for text in found if normalized(text) not in " ".join(turn.said)]
    if fresh or found:
        return (fresh or found)[0]
    return turn.pick(otherwise)


def from_statements(turn: Turn) -> str:
    """A lorebook entry whose key is mentioned, or a statement that covers the question."""
    said = " ".join(turn.said)
    every = [turn.own(statement.text) for statement in turn.card.statements]
    fresh = ["" if normalized(text) in said else text for text in every]
    keyed = _keyed(turn, fresh)
    if keyed or not intents.QUESTION.search(turn.plain):
        return keyed
    query = content_words(turn.plain)
    if len(query) < 2 and not intents.ABOUT_CHARACTER.search(turn.plain):
        return _again(turn, _keyed(turn, every))
    hits = turn.card.statement_index.search(query)
    covering = [hit.index for hit in hits if hit.coverage >= ENOUGH_COVERED]
    for index in covering:
        if fresh[index]:
            return fresh[index]
    return _again(turn, every[covering[0]] if covering else _keyed(turn, every))


def _again(turn: Turn, answer: str) -> str:
    """An answer that was given before, said to be so."""
    return turn.pick(REPLIES["reminded"], answer=answer) if answer else ""


def _keyed(turn: Turn, fresh: list[str]) -> str:
    """The fresh entry with the most and longest keys in the message."""
    best, best_score = "", 0
    stems = {stem(word) for word in words(turn.plain)}
    for statement, text in zip(turn.card.statements, fresh, strict=True):
        score = sum(len(key) for key in statement.keys if _mentions(turn.plain, stems, key))
        if text and score > best_score:
            best, best_score = text, score
    return best


def _mentions(plain: str, stems: set[str], key: str) -> bool:
    if " " in key or not key.isascii():
        return key in plain
    return stem(key) in stems
