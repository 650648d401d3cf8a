"""A character's pronunciations: where they apply, what is refused, and files of them."""

from __future__ import annotations

import random

import pytest

from backend.errors import BadInputError
from backend.speech_text.pronunciation import (
    MAX_ENTRIES,
    Pronunciation,
    as_csv,
    as_json,
    check_pronunciations,
    pronounce,
    read_file,
    stored_pronunciations,
)
from backend.speech_text.speakable import speakable


def entries(**words: str) -> tuple[Pronunciation, ...]:
    return tuple(Pronunciation(word.replace("_", " "), say) for word, say in words.items())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Kotone and KOTONE.", "koh and koh."),
        ("Kotonelike, aKotone", "Kotonelike, aKotone"),
        ("Kotone's", "koh's"),
        ("A nice  sql query", "A nice  sequel query"),
        ("sql injection!", "bad sequel!"),
    ],
)
def test_whole_words_in_any_case(text: str, said: str) -> None:
    words = entries(kotone="koh", SQL="sequel", sql_injection="bad sequel")
    assert pronounce(text, words) == said


def test_scripts_without_spaces_are_found_anywhere() -> None:
    words = (Pronunciation("言霊", "ことだま"), Pronunciation("霊", "れい"))
    assert pronounce("私は言霊です。霊", words) == "私はことだまです。れい"


def test_signs_can_be_words() -> None:
    words = (Pronunciation("<3", "heart"), Pronunciation("C++", "see plus plus"))
    assert speakable("I <3 C++ now", pronunciations=words) == "I heart see plus plus now"


def test_they_come_before_the_rules_and_once() -> None:
    words = (Pronunciation("GG", "well played"), Pronunciation("10", "GG 5"))
    assert speakable("GG, 10 times", pronunciations=words) == "well played, G G five times"


def test_marked_up_words_are_found() -> None:
    assert speakable("**Kotone** `Kotone`", pronunciations=entries(kotone="koh")) == "koh koh"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"word": "a", "say": "b"}] * 2, 'Row 2: "a" is there twice'),
        ([{"word": "A", "say": "b"}, {"word": "a", "say": "c"}], "is there twice"),
        ([{"word": " \u200b", "say": "b"}], "Row 1 has no word"),
        ([{"word": "a", "say": "..."}], "has nothing to say"),
        ([{"word": "a" * 61, "say": "b"}], "has 61 characters, and a word has at most 60"),
        ([{"word": "a", "say": "b" * 201}], "at most 200"),
        ([{"word": "a"}], 'needs two texts, "word" and "say"'),
        ([{"word": 1, "say": "b"}], "needs two texts"),
        (["a"], "Row 1 needs two texts"),
        ([{"word": f"w{i}", "say": "b"} for i in range(MAX_ENTRIES + 1)], "limit is 500"),
    ],
)
def test_bad_entries_are_named(rows: list[object], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        check_pronunciations(rows)


def test_entries_are_cleaned() -> None:
    (entry,) = check_pronunciations([{"word": " e\u0301\u200b ", "say": "one\n two\x00"}])
    assert entry == Pronunciation("é", "one two")


def test_files_come_back_as_they_were() -> None:
    words = (Pronunciation('say "hi", you', "hello; there"), Pronunciation("言霊", "ことだま"))
    assert read_file(as_csv(words).encode()) == words
    assert read_file(as_json(words).encode()) == words
    assert stored_pronunciations([{"word": "a", "say": "b"}]) == (Pronunciation("a", "b"),)


@pytest.mark.parametrize(
    "data",
    [
        b"word,say\na,b\n",
        b"a;b\n\n",
        b"\xef\xbb\xbfa\tb\r\n",
        "Word,Say\na,b".encode("utf-16"),
        b'[{"word": "a", "say": "b"}]',
        b' {"a": "b"}',
    ],
)
def test_files_of_many_kinds_are_read(data: bytes) -> None:
    assert read_file(data) == (Pronunciation("a", "b"),)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfea", "not UTF-8"),
        (b"\x80abc", "not UTF-8"),
        (b"[1, 2", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "needs two texts"),
        (b"only one column", "needs two texts"),
        (b"a,b" * 300_000, "larger than 512 KB"),
        (b'a,"' + b"x" * 200_000, "not a table"),
    ],
)
def test_bad_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read_file(data)


def test_any_bytes_are_read_or_refused_by_name() -> None:
    rng = random.Random(3)
    for _ in range(300):
        data = bytes(rng.choice(b'ab,;"\n[{}]:\x00\xff\xc3\xa9') for _ in range(rng.randint(0, 40)))
        try:
            read_file(data)
        except BadInputError as error:
            assert error.message.endswith(".")
