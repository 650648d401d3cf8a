"""The built-in persona: what it says, that it is honest, and that nothing throws it."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import asyncio
import random
import re
import string
import time
from dataclasses import dataclass, field, replace

import pytest

from backend.characters.builtin import BUILTIN_CHARACTERS
from backend.conversation.memory import learn
from backend.engines.base import ChatMessage, ChatRequest, LoreEntry, Persona
from backend.engines.llm.persona import PersonaModel
from backend.engines.llm.persona_model import tools
from backend.engines.llm.persona_model.card import read_card
from backend.engines.llm.persona_model.first_person import pronoun_of, to_first_person
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.retrieval import Bm25
from backend.engines.llm.persona_model.stories import JOKES

KOTONE, REN = (one.persona() for one in BUILTIN_CHARACTERS)
MODEL = PersonaModel()
NOW = "2026-11-20T20:15:00+01:00"
TINY = Persona("Bob")
LISTED = Persona(
    "Aria Stone",
    profile='[Character("Aria Stone") Age("27") Species("elf") Likes("rain" + "old books" + "archery") Occupation("ranger")]\n'
    "Aria Stone guards the northern forest. She carries a bow that her mother made.",
    personality="stoic, loyal, blunt",
    first_mes='*Aria lowers her bow.* "You walk loudly. State your name."',
    mes_example="<START>\n{{user}}: Why do you live alone?\n{{char}}: *shrugs* Trees do not lie, {{user}}. People do.",
)
VILLAIN = Persona(
    "Dr. Vex",
    profile="Dr. Vex is a retired villain. He once stole the moon and gave it back. His cat is named Chairman. He hates capes. He speaks four languages but swears in only one.",
    lorebook=(LoreEntry(("moon",), "Dr. Vex keeps a piece of the moon in his sock drawer."),),
)


@dataclass
class Talk:
    """A chat with the model, as the conversation keeps it."""

    persona: Persona = KOTONE
    seed: int | None = 1
    now: str = NOW
    model: PersonaModel = MODEL
    messages: list[ChatMessage] = field(default_factory=list)
    name: str = ""
    facts: list[str] = field(default_factory=list)

    def say(self, text: str) -> str:
        learned = learn(text)
        self.name = learned.user_name or self.name
        self.facts += [fact for fact in learned.facts if fact not in self.facts]
        request = ChatRequest(
            messages=(*self.messages, ChatMessage("user", text)),
            persona=self.persona,
            user_name=self.name,
            facts=tuple(self.facts),
            seed=self.seed,
            now=self.now,
        )
        reply = "".join(asyncio.run(pieces_of(self.model, request)))
        self.messages += [ChatMessage("user", text), ChatMessage("assistant", reply)]
        return reply


async def pieces_of(model: PersonaModel, request: ChatRequest) -> list[str]:
    return [piece async for piece in model.stream(request)]


def ask(text: str, persona: Persona = KOTONE, seed: int = 1) -> str:
    return Talk(persona, seed).say(text)


def test_it_says_what_it_is() -> None:
    model = PersonaModel()
    assert model.embedded
    assert model.probe().ok
    assert "no language model" in model.label
    assert "Ollama" in model.probe().remedy


@pytest.mark.parametrize(
    ("persona", "text", "words"),
    [
        (KOTONE, "Hello, who are you?", "Kotone"),
        (KOTONE, "whats ur name", "Kotone"),
        (KOTONE, "what's your favourite colour?", "[Tt]eal"),
        (KOTONE, "favorite drink?", "[Hh]ojicha"),
        (KOTONE, "how old are you", "twenty"),
        (KOTONE, "are you an AI?", "virtual character"),
        (KOTONE, "what is kotodama?", "spirit lives in words"),
        (KOTONE, "who is Ren", "Ren"),
        (KOTONE, "tea or coffee?", "[Tt]ea"),
        (REN, "tea or coffee?", "[Tt]ea|[Cc]offee"),
        (REN, "who are you?", "Ren"),
        (REN, "do you like cats?", "Cats"),
        (TINY, "who are you?", "Bob"),
        (TINY, "are you an ai", "virtual character"),
        (LISTED, "who are you", "I guard the northern forest"),
        (LISTED, "how old are you", "27"),
        (LISTED, "what do you like?", "I like rain, old books and archery"),
        (LISTED, "what do you do for a living?", "ranger"),
        (LISTED, "why do you live alone?", "Trees do not lie, you. People do."),
        (VILLAIN, "who are you", "I'm a retired villain. I once stole the moon and gave it back"),
        (VILLAIN, "do you have a cat?", "My cat is named Chairman"),
        (VILLAIN, "what do you hate?", "I hate capes"),
        (VILLAIN, "tell me about the moon", "I keep a piece of the moon in my sock drawer"),
        (VILLAIN, "what languages do you speak?", "I speak four languages but swear in only one"),
    ],
)
def test_answers_come_from_the_card(persona: Persona, text: str, words: str) -> None:
    for seed in (1, 2, 3):
        assert re.search(words, ask(text, persona, seed)), ask(text, persona, seed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what time is it?", "8:15 in the evening"),
        ("what's the date today", "Friday, the 20th of November 2026"),
        ("what day is it tomorrow?", "Saturday, the 21st"),
        ("what is 12 * 7?", "84"),
        ("twelve plus thirty", "42"),
        ("15% of 80", "12"),
        ("square root of 144", "12"),
        ("10 / 4", "2.5"),
        ("2^10", "1024"),
        ("1/0", "zero"),
        ("9**99999", "digits|computer"),
        ("what time is it in Tokyo?", "4:15 in the morning"),
        ("what time is it in Narnia", "8:15 in the evening"),
        ("flip a coin", "heads|tails"),
        ("I want to die", "crisis line"),
        ("we got raided!", "[Rr]aid"),
        ("hi chat!", "chat|everyone"),
        ("say hip hip hooray", "^hip hip hooray$"),
        ("I'm playing Hades", "Hades"),
        ("it's my birthday!", "[Bb]irthday"),
        ("my grandma died", "sorry"),
        ("my boss fired me", "sorry|rough|easy|a lot"),
    ],
)
def test_small_talk_and_sums(text: str, words: str) -> None:
    for seed in (1, 2, 3):
        assert re.search(words, ask(text, seed=seed)), ask(text, seed=seed)


def test_dice_stay_on_their_faces() -> None:
    rolls = {int(re.findall(r"\d+", ask("roll a d6", seed=seed))[0]) for seed in range(60)}
    assert rolls == set(range(1, 7))
    for seed in range(5):
        first, second, total = map(int, re.findall(r"\d+", ask("roll 2d6", seed=seed)))
        assert first + second == total


def test_it_is_deterministic_with_a_seed_and_varied_without() -> None:
    assert [ask("hello", seed=seed) for seed in range(9)] == [
        ask("hello", seed=seed) for seed in range(9)
    ]
    assert len({ask("hello", seed=seed) for seed in range(20)}) > 3
    free = Talk(seed=None)
    assert len({replace(free, messages=[]).say("tell me a joke") for _ in range(30)}) > 3


def test_it_remembers_the_name_and_facts() -> None:
    talk = Talk()
    assert "Sam" in talk.say("Hi, I'm Sam")
    assert "Miso" in talk.say("I have a cat named Miso")
    talk.say("I live in Oslo.")
    talk.say("My favourite colour is green")
    assert "Sam" in talk.say("what's my name?")
    assert "you have a cat named Miso" in talk.say("what's my cat called?").replace("You", "you")
    assert "Oslo" in talk.say("where do I live?")
    assert "green" in talk.say("what is my favourite colour?")
    assert "Sam" in talk.say("what do you know about me?")
    assert "Max" in talk.say("actually, call me Max")
    assert "Max" in talk.say("who am i")


def test_it_hears_a_name_without_help() -> None:
    def answer(*lines: str) -> str:
        messages: list[ChatMessage] = []
        reply = ""
        for line in lines:
            messages.append(ChatMessage("user", line))
            request = ChatRequest(tuple(messages), KOTONE, seed=1, now=NOW)
            reply = "".join(asyncio.run(pieces_of(PersonaModel(), request)))
            messages.append(ChatMessage("assistant", reply))
        return reply

    assert "Sam" in answer("Sam")
    assert "Sup" not in answer("sup")
    assert "pasta" in answer("I'm fine. I had pasta for dinner!", "what did I have for dinner?")
    assert "Sam" in answer("my name is sam", "what's my name?")
    assert "Sam" in answer("I'm Sam", "how are you?", "do you know my name?")
    assert "don't know" in answer("I'm tired", "what's my name?") or "haven't told" in answer(
        "I'm tired", "what's my name?"
    )


def test_it_says_when_it_does_not_know_and_why_but_not_every_time() -> None:
    talk = Talk()
    questions = [
        "who won the cup in 1998?",
        "what is the capital of Peru?",
        "who wrote Hamlet?",
        "what is an atom?",
    ]
    replies = [talk.say(question) for question in questions]
    assert sum("language model" in reply for reply in replies) == 1
    assert len(set(replies)) == len(replies)


def test_a_question_asked_twice_is_not_answered_as_if_new() -> None:
    talk = Talk()
    first, second = talk.say("who are you?"), talk.say("who are you?")
    assert first != second
    assert first in second


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "lol",
        "I like that a lot, you see",
        "who knows the answer?",
        "thanks",
        "you are cute",
        "tell me a joke",
    ],
)
def test_it_does_not_repeat_itself(line: str) -> None:
    talk = Talk()
    replies = [talk.say(line) for _ in range(3)]
    assert replies[0] != replies[1] != replies[2]


def test_again_and_offers_are_understood() -> None:
    talk = Talk()
    first = talk.say("tell me a joke")
    second = talk.say("another one!")
    assert any(joke in second for joke in JOKES)
    assert first != second
    assert re.search("heads|tails", [talk.say("flip a coin"), talk.say("again")][1])
    assert talk.say("why did the chicken cross the road?")
    assert talk.say("to get to the other side") in REPLIES["punchline"]


@pytest.mark.parametrize(
    "text",
    [
        "😀😀",
        "k",
        "asdkjhasdkjh",
        "?!?",
        "...",
        "x" * 5000,
        "word " * 3000,
        "~",
        "你好吗",
        "Привет, как дела?",
        "\n\n",
        "{user} {0} %s {{char}}",
        "<script>",
    ],
)
def test_odd_input_gets_a_sensible_sentence(text: str) -> None:
    for persona in (KOTONE, REN, TINY):
        reply = ask(text, persona)
        assert 3 < len(reply) < 300, reply
        assert "{" not in reply or "{" in text


def test_other_languages() -> None:
    lotte = Persona("Lotte", profile="Lotte ist Bäckerin. Sie liebt Zimtschnecken.", language="de")
    assert "Lotte" in ask("Wer bist du?", lotte)
    assert "Zimtschnecken" in ask("Magst du Zimtschnecken?", lotte)
    assert "Sprachmodell" in ask("Was ist die Hauptstadt von Peru?", lotte) or "überfragt" in ask(
        "Was ist die Hauptstadt von Peru?", lotte
    )
    yuki = Persona("ユキ", profile="ユキは雪女です。北の山に住んでいます。", language="ja")
    assert "北の山" in ask("どこに住んでいますか", yuki)
    assert "English" in ask("こんにちは、元気ですか") or "language" in ask("こんにちは、元気ですか")
    klingon = Persona("K", profile="", language="tlh")
    assert ask("nuqneH", klingon)


def test_any_line_gets_a_short_reply() -> None:
    rng = random.Random(5)
    vocabulary = [
        "i",
        "you",
        "my",
        "your",
        "is",
        "are",
        "am",
        "not",
        "what",
        "who",
        "why",
        "how",
        "do",
        "like",
        "love",
        "hate",
        "the",
        "a",
        "to",
        "and",
        "game",
        "stream",
        "tea",
        "cat",
        "name",
        "call",
        "me",
        "hello",
        "bye",
        "thanks",
        "roll",
        "flip",
        "joke",
        "time",
        "date",
        "2",
        "+",
        "3",
        "?",
        "!",
        ".",
        ",",
        "sing",
        "story",
        "again",
        "yes",
        "no",
        "he",
        "she",
        "it",
        "they",
        "was",
        "have",
        "want",
    ]
    for round_ in range(6):
        talk = Talk(rng.choice([KOTONE, REN, TINY, LISTED, VILLAIN]), seed=round_)
        for _ in range(12):
            text = " ".join(rng.choice(vocabulary) for _ in range(rng.randint(1, 9)))
            reply = talk.say(text)
            assert 0 < len(reply) <= 420, (text, reply)
            assert "{" not in reply, (text, reply)
            assert "Characternamemark" not in reply
    for _ in range(100):
        noise = "".join(rng.choice(string.printable) for _ in range(rng.randint(1, 80)))
        assert ask(noise)


def test_it_streams_words_promptly() -> None:
    async def measure() -> tuple[float, list[str]]:
        model = PersonaModel()
        request = ChatRequest((ChatMessage("user", "who are you?"),), KOTONE, seed=1, now=NOW)
        await pieces_of(model, request)
        best, pieces = 9.0, []
        for number in range(10):
            started = time.perf_counter()
            stream = model.stream(replace(request, seed=number))
            first = await anext(stream)
            best = min(best, time.perf_counter() - started)
            pieces = [first, *[piece async for piece in stream]]
        return best, pieces

    best, pieces = asyncio.run(measure())
    assert best < 0.05
    assert len(pieces) > 10
    assert all(len(piece.split()) == 1 for piece in pieces)


def test_every_phrase_can_be_filled_in() -> None:
    slots = dict.fromkeys(
        [
            "char",
            "Char",
            "vocative",
            "user",
            "User",
            "part",
            "thing",
            "Thing",
            "you_fact",
            "You_fact",
            "reflected",
            "answer",
            "fact",
            "food",
            "Food",
            "hero",
            "time",
        ],
        "x",
    )
    for lines in REPLIES.values():
        assert len(set(lines)) == len(lines)
        for line in lines:
            assert line.format(**slots)


@pytest.mark.parametrize("persona", [KOTONE, REN])
def test_built_in_cards_read_well_in_the_first_person(persona: Persona) -> None:
    card = read_card(persona)
    assert len(card.exchanges) >= 25
    assert len(card.statements) >= 40
    for statement in card.statements:
        assert not re.search(rf"\b{persona.name} (?:is|has|\w+s)\b", statement.text), statement.text
        assert not re.search(r"\bI \w+(?:[^s]s)\b(?<!always)(?<!was)", statement.text), (
            statement.text
        )
        assert "{{char}}" not in statement.text


@pytest.mark.parametrize(
    ("sentence", "own"),
    [
        ("Mia is a baker.", "I'm a baker."),
        ("Mia has a dog and loves rain.", "I have a dog and love rain."),
        ("She never goes out, because she hates crowds.", "I never go out, because I hate crowds."),
        ("Her hair is red, and everybody knows her.", "My hair is red, and everybody knows me."),
        ("Mia's bread is famous.", "My bread is famous."),
        ("She isn't shy and doesn't mind.", "I'm not shy and don't mind."),
        (
            "She watches birds and carries a book with her.",
            "I watch birds and carry a book with me.",
        ),
        ("Tom is a friend who visits Mia.", "Tom is a friend who visits me."),
        (
            "You are Mia, a baker, and your bread is good.",
            "I'm Mia, a baker, and my bread is good.",
        ),
        ("The town is small.", "The town is small."),
        ("She had studied law herself.", "I had studied law myself."),
    ],
)
def test_first_person(sentence: str, own: str) -> None:
    assert to_first_person(sentence, "Mia", "she") == own


def test_pronouns() -> None:
    assert pronoun_of("She likes her tea. He is a friend.") == "she"
    assert pronoun_of("He lost his hat.") == "he"
    assert pronoun_of("They sing.") == "they"
    assert pronoun_of("A robot.") == ""


def test_bm25_prefers_rare_words_and_short_documents() -> None:
    index = Bm25([["tea", "cup"], ["tea", "tea", "pot", "lid", "tray"], ["cat"]])
    assert index.search(["cat", "tea"])[0].index == 2
    assert index.search(["dog"]) == []
    assert index.search(["cat"])[0].coverage == 1.0
    assert Bm25([]).search(["x"]) == []


def test_time_is_read_from_the_request() -> None:
    assert tools.parse_now("2026-01-02T03:04:00Z").hour == 3
    assert tools.parse_now("yesterday").tzinfo is not None
    assert tools.spoken_time(tools.parse_now("2026-01-02T00:04")) == "12:04 at night"
    assert "Good evening" in {ask("hello", seed=s)[:12] for s in range(30)}
