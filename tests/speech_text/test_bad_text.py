"""Whatever comes in ends in something speakable or in nothing, and never in an exception."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import random
import unicodedata

import pytest

from backend.conversation.sentences import SentenceSplitter
from backend.speech_text.lexicon import LANGUAGES
from backend.speech_text.pronunciation import Pronunciation
from backend.speech_text.sentence import prepare_sentence
from backend.speech_text.speakable import MAX_CHARS, speakable

PARTS = [
    "a", "Hello", "I", "元気", "です", "مرحبا", "שלום", "привет", "ไทย", "한국어", "e\u0301", "ß", "İ",
    "1", "23", "1,000", "3.14", "1.234,5", "007", "-5", "$", "€", "5 €", "¥", "km/h", "%", "°C",
    "10:30", "2026-03-14", "14.03.2026", "99/99/9999", "1/0", "0/0", "½", "²", "①", "Ⅷ", "٣", "३",
    "Dr.", "e.g.", "z. B.", "*", "**", "_", "~~", "`", "```", "#", "@", "&", "&amp;", "&#x110000;",
    "<b>", "<speak>", "<break/>", "<!--", "<", ">", "[", "](", ")", "(", "|", "\\", "/", "://",
    "www.", "https://[::1", "a@b.co", "😀", "👩\u200d👩\u200d👧", "🇯🇵", "\ufe0f", "1️⃣", "\u200b",
    "\u202e", "\u2066", "\x00", "\x1b[31m", "\x7f", "\ud800", "\udfff", "\ufffe", "\U000e0041",
    "\u2028", "\r\n", "\n", " ", "\u3000", "\u00a0", ".", "...", "…", "!", "?", "!?", "。", "、", "，",
    "waves", "*waves*", "(笑)", "lol", "haha", "www", "ㅋㅋ", "WHY", "YOU", "st", "nd", "h", "x", "+", "=",
]  # fmt: skip
ENTRIES = (
    Pronunciation("Hello", "Hallo 5 €"),
    Pronunciation("元気", "げんき"),
    Pronunciation("1", "*"),
)


def check(text: str, language: str) -> None:
    said = speakable(text, language, ENTRIES)
    assert said == "" or any(char.isalnum() for char in said), repr(text)
    assert "\n" not in said
    assert said == said.strip()
    said.encode("utf-8")
    for char in said.replace("°", ""):
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "So"), repr(text)
    assert not set("`*_~|\\") & set(said), repr((text, said))


@pytest.mark.parametrize("language", [*LANGUAGES, "pl", "ar", "", "xx-YY"])
def test_random_text_of_nasty_parts(language: str) -> None:
    rng = random.Random(f"parts {language}")
    for _ in range(250):
        text = "".join(rng.choice(PARTS) for _ in range(rng.randint(1, 30)))
        check(text, language)


def test_random_characters_of_all_planes() -> None:
    rng = random.Random(5)
    for _ in range(150):
        text = "".join(chr(rng.randrange(0x30000)) for _ in range(rng.randint(1, 60)))
        check(text, rng.choice(["en", "ja", "de"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!?…。、" * 2_000, ""),
        ("\u200b\u202e\u2066\x00" * 2_000, ""),
        ("\ud83d\ud83d", ""),
        ("a\ud800b", "ab"),
        ("\u202eevil\u202c text", "evil text"),
        ("مرحبا Hello 元気", "مرحبا Hello 元気"),
        ("<speak></speak>", ""),
        ("<speak>Hello", "Hello"),
        ("<<<>>>", ""),
    ],
)
def test_what_cannot_be_said_is_left_out(text: str, said: str) -> None:
    assert speakable(text) == said


def test_ten_thousand_characters_without_a_stop_are_spoken_in_pieces() -> None:
    text = "word " * 2_000
    splitter = SentenceSplitter()
    pieces = splitter.feed(text) + splitter.flush()
    assert max(map(len, pieces)) <= 220
    assert " ".join(speakable(piece) for piece in pieces).split() == text.split()


def test_an_endless_piece_is_cut() -> None:
    assert len(speakable("a" + "b c" * 50_000)) <= MAX_CHARS


def test_what_is_said_says_the_same_when_it_is_prepared_again() -> None:
    rng = random.Random(9)
    words = [
        "Hello",
        "*waves*",
        "$5",
        "10:30",
        "3.14",
        "Dr. Lee",
        "etc.",
        "😀",
        "**so**",
        "1st",
        "lol",
    ]
    for _ in range(300):
        said = speakable(" ".join(rng.choice(words) for _ in range(8)))
        assert speakable(said) == said


def test_a_sentence_keeps_what_is_shown_apart_from_what_is_said() -> None:
    ready = prepare_sentence("*nods* It costs $5, [happy] I *love* it!", "en")
    assert ready.shown == "It costs $5, I love it!"
    assert ready.said == "It costs five dollars, I love it!"
    assert ready.emotion == "happy"
    assert [emote.nod for emote in ready.emotes] == [True, False]
