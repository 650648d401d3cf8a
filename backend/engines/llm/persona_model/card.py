"""Read a character card into what can be answered from it.

A card gives three kinds of answers: example exchanges (a question and the character's own words),
statements (sentences of the profile, the personality and the lorebook, turned to the first
person), and attributes ("Age: 20", `Likes("tea" + "rain")`) of cards written as lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.engines.base import Persona
from backend.engines.llm.persona_model.first_person import pronoun_of, to_first_person
from backend.engines.llm.persona_model.retrieval import Bm25
from backend.engines.llm.persona_model.words import content_words, sentences, words

MAX_ANSWER_SENTENCES = 4
MAX_STATEMENT_CHARS = 240
USER_SLOT = "{{user}}"
_NAME_MARK = "Characternamemark"

_CHAR = re.compile(r"\{\{\s*char\s*\}\}|<bot>", re.I)
_USER = re.compile(r"\{\{\s*user\s*\}\}|<user>", re.I)
_TITLES = frozenset(
    """
    dr mr mrs ms miss sir lady lord prof professor captain the a king queen prince princess saint
    """.split()  # noqa: SIM905
)
_CALM = re.compile(
    r"\b(?:calm|dry|stoic|quiet|serious|cold|reserved|shy|deadpan|aloof|laconic|melanchol\w+|grim)\b",
    re.I,
)
_ACTIONS = re.compile(r"(?<!\*)\*(?!\*)[^*\n]+\*(?!\*)|\[[^\]\n]*\]")
_ATTRIBUTE_LINE = re.compile(r"^[\s\-*•\[{(]*([A-Za-z][A-Za-z /]{1,24}?)\s*[:=]\s*(.+?)[\]})]*$")
_ATTRIBUTE_CALL = re.compile(r"([A-Za-z][A-Za-z /]{1,24}?)\s*\(((?:\s*\"[^\"]*\"\s*[+,]?)+)\)")
_AGE = re.compile(
    r"\b(?:is|am|age:?|aged|of|a) (\d{1,5}|[a-z]+(?:-[a-z]+)?)"
    r"(?:[- ]years?[- ]old|(?= years? of age))",
    re.I,
)
_ATTRIBUTE_NAMES = {
    "like": "likes", "loves": "likes", "dislike": "dislikes", "hates": "dislikes",
    "hobby": "hobbies",
    "species": "species", "race": "species", "job": "occupation", "profession": "occupation",
    "born": "birthday", "birth date": "birthday", "eye": "eyes", "traits": "personality",
    "mind": "personality",
}  # fmt: skip
_SENTENCES_FOR = {
    "name": "", "full name": "", "nickname": "People call me {}.", "age": "I'm {}.",
    "likes": "I like {}.", "dislikes": "I don't like {}.",
    "hobbies": "My hobbies are {}.", "species": "By species I'm {}.", "occupation": "I work as {}.",
    "birthday": "My birthday is {}.", "personality": "People call me {}.", "hair": "My hair is {}.",
    "eyes": "My eyes are {}.", "home": "I live in {}.", "gender": "I'm {}.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """An example: what was said to the character, and what it answered."""

    said: str
    answer: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that the character can say about itself or its world.

    Attributes:
        text: In the first person.
        keys: Lowered lorebook keys that bring it up; empty for profile sentences.
        is_answer: It is an answer of the example dialogue, which makes sense to a question only.
    """

    text: str
    keys: tuple[str, ...] = ()
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A card, ready to be searched."""

    name: str
    language: str
    is_calm: bool
    opening: str
    exchanges: tuple[Exchange, ...]
    statements: tuple[Statement, ...]
    attributes: dict[str, str] = field(hash=False)
    introduction: str
    exchange_index: Bm25
    statement_index: Bm25
    exchange_words: tuple[frozenset[str], ...]

    def all_text(self) -> str:
        """Everything the card says, for questions such as whether it mentions a thing."""
        parts = [statement.text for statement in self.statements]
        return " ".join([*parts, *(exchange.answer for exchange in self.exchanges)])


def read_card(persona: Persona) -> Knowledge:
    """Make a card searchable."""
    name = persona.name.strip() or "your character"
    source = f"{persona.profile}\n{persona.personality}"
    pronoun = pronoun_of(source)
    english = persona.language.lower().startswith("en")
    attributes, prose = _attributes(_marked(persona.profile, name))
    more, personality = _attributes(_marked(persona.personality, name))
    attributes = {**more, **attributes}
    profile = [_own_words(s, name, pronoun, english) for s in sentences(_ACTIONS.sub(" ", prose))]
    manner = [_own_words(s, name, pronoun, english) for s in _manner(personality)]
    listed = _spoken_attributes(attributes) if english else []
    statements = [Statement(text) for text in (*profile, *listed, *manner) if _can_be_said(text)]
    statements += _lore(persona, name, pronoun, english)
    exchanges = tuple(_exchanges(persona.mes_example, name))
    statements += [Statement(e.answer, is_answer=True) for e in exchanges]
    age = _AGE.search(prose)
    if age and "age" not in attributes:
        attributes["age"] = age.group(1).lower()
    introduction = " ".join(text for text in profile[:2] if _can_be_said(text))
    return Knowledge(
        name=name,
        language=persona.language.split("-")[0].lower() or "en",
        is_calm=_CALM.search(persona.personality) is not None,
        opening=spoken_part(_filled(persona.first_mes, name)),
        exchanges=exchanges,
        statements=tuple(dict.fromkeys(statements)),
        attributes=attributes,
        introduction=introduction,
        exchange_index=Bm25([content_words(e.said) or words(e.said) for e in exchanges]),
        statement_index=Bm25(
            [content_words(" ".join((s.text, *s.keys))) for s in dict.fromkeys(statements)]
        ),
        exchange_words=tuple(frozenset(words(e.said)) for e in exchanges),
    )


def spoken_part(text: str) -> str:
    """The words of a line that are said aloud: no stage directions, at most a few sentences."""
    said = _ACTIONS.sub(" ", text)
    quoted = re.findall(r"[\"“]([^\"”]+)[\"”]", said)
    if (quoted and len(" ".join(quoted)) * 2 > len(said.strip())) or (quoted and "*" in text):
        said = " ".join(quoted)
    return " ".join(sentences(said)[:MAX_ANSWER_SENTENCES])


def _filled(text: str, name: str) -> str:
    return _USER.sub(USER_SLOT, _CHAR.sub(lambda _: name, text))


def _marked(text: str, name: str) -> str:
    """The text with one word in place of the character's full name and first name."""
    text = _filled(text, name).replace(name, _NAME_MARK)
    first = name.split()[0]
    if len(first) > 2 and first.lower().strip(".") not in _TITLES:
        text = re.sub(rf"\b{re.escape(first)}\b", _NAME_MARK, text)
    return text


def _own_words(sentence: str, name: str, pronoun: str, english: bool) -> str:
    own = to_first_person(sentence, _NAME_MARK, pronoun) if english else sentence
    return own.replace(_NAME_MARK, name)


def _can_be_said(text: str) -> bool:
    return 2 < len(text) <= MAX_STATEMENT_CHARS and not re.search(
        r"[<>{}=\[\]|]", text.replace(USER_SLOT, "")
    )


def _manner(personality: str) -> list[str]:
    """The personality as sentences; a bare list of adjectives becomes one."""
    text = personality.strip()
    if not text:
        return []
    if re.fullmatch(r"[\w\s,;/&'-]+\.?", text) and not re.search(
        r"\b(is|has|are|loves|likes)\b", text
    ):
        traits = [
            part.strip().lower()
            for part in re.split(r"[,;/]|\band\b", text.rstrip("."))
            if part.strip()
        ]
        if 0 < len(traits) <= 12 and all(len(trait.split()) <= 3 for trait in traits):
            return [f"{_NAME_MARK} is {_listed(traits[:5])}."]
    return sentences(_ACTIONS.sub(" ", text))


def _attributes(text: str) -> tuple[dict[str, str], str]:
    """The attributes of a list-like card, and the prose that is left."""
    found: dict[str, str] = {}
    for key, values in _ATTRIBUTE_CALL.findall(text):
        found[_attribute_name(key)] = _listed(re.findall(r"\"([^\"]+)\"", values))
    rest = _ATTRIBUTE_CALL.sub("", text)
    prose = []
    for line in rest.splitlines():
        match = _ATTRIBUTE_LINE.match(line.strip())
        if match and len(match.group(1).split()) <= 3:
            values = re.split(r"\s*[,;]\s*", match.group(2).strip(" .;,"))
            found[_attribute_name(match.group(1))] = _listed([value for value in values if value])
        else:
            prose.append(line)
    return found, "\n".join(prose).strip(" []{}()\n")


def _attribute_name(key: str) -> str:
    lowered = key.strip().lower()
    return _ATTRIBUTE_NAMES.get(lowered, lowered)


def _listed(items: list[str]) -> str:
    return (
        items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
    )


def _spoken_attributes(attributes: dict[str, str]) -> list[str]:
    spoken = []
    for key, value in attributes.items():
        value = value.replace(_NAME_MARK, "me")
        if key == "occupation" and not re.match(r"(?:an?|the) ", value, re.I):
            value = f"{'an' if value[:1].lower() in 'aeiou' else 'a'} {value}"
        template = _SENTENCES_FOR.get(key, f"My {key} is {{}}.")
        if template and value:
            plain = (
                value[0].lower() + value[1:]
                if value[:2].istitle() and key in ("likes", "dislikes")
                else value
            )
            spoken.append(template.format(plain))
    return spoken


def _lore(persona: Persona, name: str, pronoun: str, english: bool) -> list[Statement]:
    told = []
    for entry in persona.lorebook:
        own = [
            _own_words(s, name, pronoun, english) for s in sentences(_marked(entry.content, name))
        ]
        text = " ".join(own[:2])
        if len(text) > MAX_STATEMENT_CHARS:
            text = own[0]
        if own and _can_be_said(text):
            told.append(
                Statement(text, tuple(key.casefold().strip() for key in entry.keys if key.strip()))
            )
    return told


def _exchanges(example: str, name: str) -> Iterator[Exchange]:
    """The user line and the answer of every pair in the example dialogue."""
    speaker = re.compile(
        rf"^\s*(?:({re.escape(USER_SLOT)}|you|user)|({re.escape(name)}|char))\s*:\s*(.*)$", re.I
    )
    said, answer = "", ""
    for line in [*_filled(example, name).splitlines(), "<START>"]:
        match = speaker.match(line)
        if line.strip().upper() == "<START>" or (match and match.group(1)):
            if said and spoken_part(answer):
                yield Exchange(_ACTIONS.sub(" ", said).strip(), spoken_part(answer))
            said, answer = (match.group(3), "") if match else ("", "")
        elif match:
            answer = f"{answer} {match.group(3)}".strip()
        elif answer:
            answer = f"{answer} {line.strip()}"
        elif said:
            said = f"{said} {line.strip()}"
