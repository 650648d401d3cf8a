"""Sentence splitting: where it cuts, that nothing is lost, that arrival makes no difference."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import random

import pytest

from backend.conversation.sentences import CutRules, SentenceSplitter


def split(text: str, size: int = 1) -> list[str]:
    splitter = SentenceSplitter()
    pieces = []
    for start in range(0, len(text), size):
        pieces += splitter.feed(text[start : start + size])
    return pieces + splitter.flush()


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hi! How are you? Fine.", ["Hi!", "How are you?", "Fine."]),
        ("Dr. Smith, Prof. Lee and Mrs. Ito met. Good.", ["Dr. Smith, Prof. Lee and Mrs. Ito met.", "Good."]),
        ("It is 3.14 or 1,000.5 now. Yes.", ["It is 3.14 or 1,000.5 now.", "Yes."]),
        ("Bring fruit, e.g. apples. Now.", ["Bring fruit, e.g. apples.", "Now."]),
        ("In the U.S. it rains. Here not.", ["In the U.S. it rains.", "Here not."]),
        ("See no. 5 first. I said no. Then go.", ["See no. 5 first.", "I said no.", "Then go."]),
        ("Well... maybe. Or not...", ["Well... maybe.", "Or not..."]),
        ("Well… Maybe so. Hm", ["Well…", "Maybe so.", "Hm"]),
        ("“Really?” she said. “Yes.” Good.", ["“Really?” she said.", "“Yes.”", "Good."]),
        ("Wow!!! What?! Ok.", ["Wow!!!", "What?!", "Ok."]),
        ("Yay! 🎉 Let's go. 🎉", ["Yay!", "🎉 Let's go.", "🎉"]),
        ("Nice!🎉 Go on.", ["Nice!🎉", "Go on."]),
        ("こんにちは。元気？「はい。」だね！", ["こんにちは。", "元気？", "「はい。」", "だね！"]),
        ("Now see https://a.b/c?d=e.f, ok? Bye.", ["Now see https://a.b/c?d=e.f,", "ok?", "Bye."]),
        ("1. Milk.\n2. Eggs.\n- Tea", ["1. Milk.", "2. Eggs.", "- Tea"]),
        ("Look:\n```py\na = 1. \nb = 2\n```\nDone.", ["Look:", "```py\na = 1. \nb = 2\n```", "Done."]),
        ("Ok. ```x = 1. y", ["Ok.", "```x = 1. y"]),
        ("*She waves. Then smiles.* Hello. Bye.", ["*She waves. Then smiles.* Hello.", "Bye."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("It is me, J. K. Rowling. Hi.", ["It is me, J. K. Rowling.", "Hi."]),
        ("It was I. Then we left.", ["It was I.", "Then we left."]),
        ("   \n\n ", []),
        ("", []),
    ],
)  # fmt: skip
def test_cuts(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces
    assert split(text, len(text) or 1) == pieces


def test_the_first_piece_ends_at_a_clause() -> None:
    text = "I think it would be lovely, and then we could have some tea. Right, fine?"
    assert split(text) == [
        "I think it would be lovely,", "and then we could have some tea.", "Right, fine?",
    ]  # fmt: skip


def test_the_first_piece_has_at_most_twelve_words() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    first, rest = split(text)
    assert len(first.split()) == 12
    assert rest == "thirteen fourteen."
    linked = split(
        "I really wanted to go out with you tonight because the weather is so nice today."
    )
    assert linked[0].split()[-1] not in ("because", "with", "to")


def test_the_first_piece_comes_before_the_sentence_ends() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Once there was a very small dragon, ") == [
        "Once there was a very small dragon,"
    ]


def test_long_runs_are_cut_between_words() -> None:
    text = "word " * 200
    pieces = split(text)
    assert all(len(piece) <= CutRules().max_chars for piece in pieces)
    assert squeezed("".join(pieces)) == squeezed(text)
    assert all(piece.split()[0] == "word" for piece in pieces)


def test_addresses_are_not_broken() -> None:
    url = "https://example.com/" + "a1b2." * 60
    assert url in split(f"Look at {url} now please. Fine.")[0]


def test_graphemes_are_not_torn() -> None:
    family = "👩\u200d👩\u200d👧\u200d👦"
    pieces = split("x" * 216 + family + "x" * 40)
    assert any(family in piece for piece in pieces)


def test_a_splitter_can_be_used_again() -> None:
    splitter = SentenceSplitter()
    splitter.feed("Half a")
    assert splitter.flush() == ["Half a"]
    assert splitter.feed("New one. And") == ["New one."]


def test_any_text_comes_through_whole_however_it_arrives() -> None:
    rng = random.Random(4)
    parts = [
        "Hello", " ", "  ", "\n", ".", "...", "…", "!", "?", ",", ";", ":", "—", "*", "**", "`", "```",
        "Dr.", "3.14", "e.g.", "U.S.", "https://a.b/c.d", "🎉", "。", "、", "元気", "“", "”", "(", ")",
        "\u200d", "- ", "1. ", "word", "and", "\r\n", "é", "e\u0301", "x" * 90,
    ]  # fmt: skip
    for _ in range(150):
        text = "".join(rng.choice(parts) for _ in range(rng.randint(1, 60)))
        by_letter, whole = split(text), split(text, len(text))
        assert squeezed("".join(by_letter)) == squeezed(text), text
        assert by_letter == whole, text
        assert all(piece.strip() for piece in by_letter), text
