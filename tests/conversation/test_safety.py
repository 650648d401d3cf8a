"""Messages that are refused, and sentences that are not spoken."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import pytest

from backend.conversation.safety import SpeechGate, check_message
from backend.errors import BadInputError, TooLargeError


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Hello\r\nthere \r", "Hello\nthere"),
        ("😀🎉", "😀🎉"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("a\u200bb\u202ec", "abc"),
        ("tab\there", "tab\there"),
        ("bell\x07", "bell"),
        ("❤️", "❤️"),
        ("?", "?"),
        ("元気", "元気"),
    ],
)
def test_messages_are_cleaned(text: str, cleaned: str) -> None:
    assert check_message(text, 100) == cleaned


@pytest.mark.parametrize(
    "text", ["", " \n\t ", "\u200b\u200b", "\u200d", "\ufeff", "\u0301", "\x07"]
)
def test_empty_messages_are_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="empty"):
        check_message(text, 100)


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x89PNG\x1a\x02\x03\x04abc", "\ufffd\ufffd\ufffd\ufffdxyz", "\ud800" * 9]
)
def test_binary_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="binary"):
        check_message(text, 100)


def test_too_long_says_the_limit_and_the_length() -> None:
    assert check_message("x" * 4000, 4000)
    with pytest.raises(TooLargeError, match=r"100,000 characters.*4,000"):
        check_message("x" * 100_000, 4000)


@pytest.mark.parametrize(
    "sentence",
    [
        "What a Banana!", "b4n4n4", "BÁNANA", "banaaaana", "so.banana?", "my bad word here", "Bad  Word",
        "これはばかです", "b@n@n@!", "the ｂａｎａｎａ",
    ],
)  # fmt: skip
def test_blocked_sentences(sentence: str) -> None:
    assert not SpeechGate(["banana", "bad word", "ばか"]).allow(sentence)


@pytest.mark.parametrize(
    "sentence", ["bananas", "abanana", "bad sword", "ban ana", "a bad day, word", ""]
)
def test_allowed_sentences(sentence: str) -> None:
    assert SpeechGate(["banana", "bad word", "ばか"]).allow(sentence)


def test_an_empty_list_allows_everything() -> None:
    assert SpeechGate().allow("anything")
    assert SpeechGate(["", "  "]).allow("anything")
    assert not SpeechGate(["c++"]).allow("I like C++ a lot")
