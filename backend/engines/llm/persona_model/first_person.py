"""Turn what a card says of its character into what the character would say: "she has" → "I have".

Written for the plain English of character cards. A sentence that does not speak of the character
is left as it is, and a verb is only changed where its subject was.
"""

from __future__ import annotations

import re

_IRREGULAR = {
    "is": "am", "has": "have", "does": "do", "goes": "go", "isn't": "am not", "are": "am",
    "hasn't": "haven't", "doesn't": "don't", "was": "was", "were": "was", "aren't": "am not",
}  # fmt: skip
_NEGATIVES = frozenset(("doesn't", "isn't", "hasn't"))
_NOT_VERBS = frozenset(
    """
        always perhaps sometimes as this his its us yes thus plus besides towards
    """.split()  # noqa: SIM905
)
_ADVERBS = frozenset(
    """
        never always often sometimes also still just usually rarely really only even
    """.split()  # noqa: SIM905
)
_PLAIN_VERBS = frozenset(
    """
        can could will would may might must should shall had did argue live love like want know
        think play talk work make keep run sing dance stream meet share fight travel
    """.split()  # noqa: SIM905
)
_PAST = re.compile(
    r"[a-z]{2,}ed|was|had|did|went|came|took|made|said|told|lost|found|grew|became|knew|met|won"
)
_COORDINATED = frozenset(
    """
        asks admits adores argues avoids becomes believes bakes blames breaks brings builds buys
        calls carries catches chooses collects comes cooks cries dances defends denies does draws
        dreams drinks drives eats enjoys fears feels fights finds flies gets gives goes grows
        guards has hates hears helps hides hosts hums hunts is keeps knows laughs learns likes
        listens lives looks loses loves makes means meets moves needs notices owns paints plays
        practises practices prefers protects pretends quotes reads refuses remembers rides runs
        says seeks sees sells sends serves shows sings sits sleeps smiles speaks spends stands
        steals stops stays streams studies takes talks teases teaches tells tends thinks tries
        swears throws trains travels treats trusts uses values visits waits wakes walks wants
        washes watches wears wields wins wishes wonders works worries worships writes
    """.split()  # noqa: SIM905
)
_AFTER_OBJECT = frozenset(
    """
        and or but to in on at for from with about as by is was has had when while because if that
        who so then too again what how
    """.split()  # noqa: SIM905
)
_PRONOUNS = {
    "she": ("she", "her", "hers", "herself"),
    "he": ("he", "him", "his", "himself"),
    "they": ("they", "them", "theirs", "themselves"),
}
_TOKEN = re.compile(r"\w+(?:['’]\w+)*|\s+|[^\w\s]")


def pronoun_of(text: str) -> str:
    """The pronoun that a card uses most for its character: "she", "he" or "they"; "" for none."""
    found = re.findall(r"\b(she|her|he|his|him)\b", text.lower())
    if not found:
        return "they" if re.search(r"(?:^|[.!?]\s+)They\b", text) else ""
    female = sum(word in ("she", "her") for word in found)
    return "she" if 2 * female >= len(found) else "he"


def to_first_person(sentence: str, name: str, pronoun: str) -> str:
    """The sentence as the character itself would say it.

    Args:
        sentence: One sentence of a card.
        name: What it calls the character: one word.
        pronoun: "she", "he", "they" or "".
    """
    if re.match(r"you(?:['’]re| are|r)?\b", sentence, re.I):
        return _from_second_person(sentence)
    out: list[str] = []
    tokens = _TOKEN.findall(sentence.replace("’", "'"))
    state = _Clause()
    for index, token in enumerate(tokens):
        out.append(_converted(token, index, tokens, name, pronoun, state))
    text = "".join(out)
    text = re.sub(r"\bI am\b(?! not\b)", "I'm", text)
    text = re.sub(r"\bI am not\b", "I'm not", text)
    return text[:1].upper() + text[1:]


class _Clause:
    """Whether the next verb has the character as its subject."""

    def __init__(self) -> None:
        self.verb_due = 0
        self.subject = False
        self.last = ""

    def await_verb(self) -> None:
        """The subject was named: its verb is among the next words, adverbs not counted."""
        self.verb_due = 2
        self.subject = True


def _converted(
    token: str, index: int, tokens: list[str], name: str, pronoun: str, state: _Clause
) -> str:
    if token.isspace():
        return token
    lower = token.lower()
    following = next((t.lower() for t in tokens[index + 1 :] if not t.isspace()), ".")
    out = _referring(token, lower, following, name, pronoun, state)
    if out is None:
        out = _verb(token, lower, state)
    if lower not in _ADVERBS or state.last not in ("and", "but", "or", ","):
        state.last = lower
    return out


def _referring(
    token: str, lower: str, following: str, name: str, pronoun: str, state: _Clause
) -> str | None:
    """The first-person word for a token that means the character, or None."""
    subject, thing, own, self_ = _PRONOUNS.get(pronoun, ("", "", "", ""))
    if token == f"{name}'s":
        return "my"
    if token == name:
        if state.last == "i":
            return token
        if state.last in ("", ".", "!", "?") and following not in (",", "and", "'"):
            state.await_verb()
            return "I"
        if _is_verb(following) or (state.last == "and" and following in _PLAIN_VERBS):
            state.await_verb()
            return "I"
        return "I" if state.last == "" and following == "and" else "me"
    if not pronoun:
        return None
    if lower in (subject, f"{subject}'s", f"{subject}'d", f"{subject}'ll"):
        state.await_verb()
        if lower.endswith("'s"):
            state.verb_due = 0
            return "I've" if following in ("been", "got", "had") else "I'm"
        return "I" + lower[len(subject) :]
    if lower == self_:
        return "myself"
    if lower == "their" and pronoun == "they":
        return "my"
    if lower == "his" and pronoun == "he":
        return "my" if following.isalpha() else "mine"
    if lower == "her" and pronoun == "she":
        return "my" if following.isalpha() and following not in _AFTER_OBJECT else "me"
    if lower == thing:
        return "me"
    return "mine" if lower == own else None


def _is_verb(word: str) -> bool:
    if word in _NOT_VERBS:
        return False
    known = word in _IRREGULAR or word in _PLAIN_VERBS or word in _ADVERBS or word in _COORDINATED
    return known or bool(_PAST.fullmatch(word)) or bool(re.fullmatch(r"[a-z]{2,}(?:s|n't)", word))


def _verb(token: str, lower: str, state: _Clause) -> str:
    if not token[0].isalpha():
        state.subject = state.subject and lower in (",", "-")
        return token
    if state.verb_due:
        if lower in _ADVERBS or lower.endswith("ly"):
            return token
        state.verb_due = 0 if _is_verb(lower) else state.verb_due - 1
        return plain_verb(lower) if _is_verb(lower) else token
    if lower == "who" or (token[0].isupper() and state.last in ("and", "because", "but")):
        state.subject = False
    joined = state.last in ("and", "but", "or", ",", "then", "never", "also", "always", "still")
    if state.subject and (
        (joined and (lower in _COORDINATED or lower in _NEGATIVES))
        or (state.last == "but" and _is_verb(lower) and lower.endswith("s"))
    ):
        return plain_verb(lower)
    return token


def plain_verb(verb: str) -> str:
    """The form of a verb that follows "I"."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if not verb.endswith("s") or verb.endswith("ss") or verb in _PLAIN_VERBS:
        return verb
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:sh|ch|x|ss|zz)es$", verb):
        return verb[:-2]
    return verb[:-1]


def _from_second_person(sentence: str) -> str:
    """Turn "you are a knight, your sword is old" to "I'm a knight, my sword is old"."""
    swaps = {
        "you're": "I'm",
        "you are": "I'm",
        "yourself": "myself",
        "yours": "mine",
        "your": "my",
        "you": "I",
    }
    pattern = re.compile(r"\b(" + "|".join(swaps) + r")\b", re.I)
    text = pattern.sub(lambda match: swaps[match.group().lower()], sentence.replace("’", "'"))
    return text[:1].upper() + text[1:]
