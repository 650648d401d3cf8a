"""What is learned of the user, and above all what is not."""

from __future__ import annotations

import pytest

from backend.conversation.memory import learn


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Sam", "Sam"),
        ("my name is sam", "Sam"),
        ("hi, my name's Anna-Lena!", "Anna-Lena"),
        ("Call me Max please", "Max"),
        ("you can call me Bob, ok", "Bob"),
        ("I'm Sam.", "Sam"),
        ("Hello, I'm Noor and I live in Oslo", "Noor"),
        ("I am Zoë", "Zoë"),
        ("This is Jonas from Berlin", "Jonas"),
        ("I'm Mary, nice to meet you", "Mary"),
        ("My name is Mary Jane Watson", "Mary Jane Watson"),
        ("私の名前はケンです", "ケン"),
        ("Ich heiße Petra", "Petra"),
        ("I'm tired", None),
        ("I'm Tired.", None),
        ("I'm German", None),
        ("I'm so Hungry", None),
        ("I'm not Sam", None),
        ("My name is not Sam", None),
        ("don't call me Shirley", None),
        ("call me maybe", None),
        ("call me when you are back", None),
        ("call me later", None),
        ("my name is a secret", None),
        ("What is my name?", None),
        ("is my name Sam?", None),
        ("I wish my name was Bond", None),
        ("her name is Julia", None),
        ("I'm from Paris", None),
        ("I'm working on it", None),
        ("I'm just kidding", None),
        ("I'm LATE", None),
        ("", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert learn(text).user_name == name


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("I live in Berlin.", ("lives in Berlin",)),
        ("i'm from Spain", ("comes from Spain",)),
        ("My favorite colour is dark teal!", ("favourite colour is dark teal",)),
        ("Sushi is my favourite food", ("favourite food is Sushi",)),
        ("I really like jazz because it swings", ("likes jazz",)),
        ("I love cats and I have a dog named Rex", ("likes cats", "has a dog named Rex")),
        ("My cat's name is Miso.", ("has a cat named Miso",)),
        ("my dog is called Rex", ("has a dog named Rex",)),
        ("I have two sisters", ("has two sisters",)),
        ("I work as a nurse, mostly nights", ("works as a nurse",)),
        ("I'm a teacher", ("is a teacher",)),
        ("I'm 25", ("is 25 years old",)),
        ("I am 31 years old.", ("is 31 years old",)),
        ("I don't like olives", ("dislikes olives",)),
        ("I hate mondays", ("dislikes mondays",)),
        ("My birthday is on May 3rd", ("birthday is May 3rd",)),
        ("I play the violin", ("plays violin",)),
        ("I like tea. I live in Rome.", ("likes tea", "lives in Rome")),
        ("I'm Sam, I like my garden", ("likes their garden",)),
        ("I don't live in Berlin", ()),
        ("I would like a tea", ()),
        ("I'd love to", ()),
        ("Do I like tea?", ()),
        ("I like it", ()),
        ("I like you", ()),
        ("I love how you said that", ()),
        ("If I lived in Rome I would eat well", ()),
        ("I used to live in Rome", ()),
        ("I don't have a cat", ()),
        ("She likes tea", ()),
        ("You like tea", ()),
        ("I like turtles, just kidding", ()),
        ("I like it when it rains", ()),
    ],
)
def test_facts(text: str, facts: tuple[str, ...]) -> None:
    assert learn(text).facts == facts


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sam", "Sam"),
        ("sam lee!", "Sam Lee"),
        ("it's Mia", "Mia"),
        ("later", None),
        ("not now", None),
        ("good", None),
        ("who wants to know?", None),
    ],
)
def test_a_bare_name_answers_the_question_for_it(text: str, name: str | None) -> None:
    assert learn(text, asked="Hello! What shall I call you?").user_name == name
    assert learn(text.split()[0], asked="What is your name like?  Fine.").user_name is None


def test_long_and_odd_input_is_read_quickly() -> None:
    import time

    started = time.perf_counter()
    for text in (
        "I like " + "a" * 50_000,
        "i " * 20_000,
        "my " * 20_000,
        "😀" * 5_000,
        "\x00\n" * 500,
    ):
        learn(text)
    assert time.perf_counter() - started < 1.0
