"""Speakable text: what a voice gets to say."""

from __future__ import annotations

import random
import unicodedata

import pytest

from backend.speech_text.speakable import speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello there.", "Hello there."),
        ("**Bold**, *really*, ~~gone~~ and __loud__.", "Bold, really, gone and loud."),
        ("*waves* Hello!", "Hello!"),
        ("*She smiles softly.* Hi.", "Hi."),
        ("Hi. *tilts her head*", "Hi."),
        ("I *really* like it.", "I really like it."),
        ("Oh [laughs] no.", "Oh no."),
        ("# Title", "Title"),
        ("- one\n- two", "one. two"),
        ("> quoted words", "quoted words"),
        ("| a | b |\n|---|---|\n| c | d |", "a, b. c, d"),
        ("```py\nprint(1)\n```", ""),
        ("Use `pip` now.", "Use pip now."),
        ("Before ```code``` after", "Before after"),
        ("```never closed", ""),
        ("[the docs](https://a.b/c) help", "the docs help"),
        ("![a cat](cat.png)", "a cat"),
        ("Go to https://www.twitch.tv/foo?x=1.", "Go to twitch dot tv."),
        ("Mail me@site.org please", "Mail me at site dot org please"),
        ("Nice 😀🎉!", "Nice!"),
        ("👩\u200d👩\u200d👧 family", "family"),
        ("😀😀😀", ""),
        ("Hi :) there :D", "Hi there"),
        ("I <3 you", "I you"),
        (":wave: hi", "hi"),
        ("zero\u200bwidth and \x07bell", "zerowidth and bell"),
        ("\u200b\u200e", ""),
        ("...", ""),
        ("!?", ""),
        ("---", ""),
        ("Sooooo good!!!!", "Sooo good!"),
        ("Really?!?!", "Really?"),
        ("tea & cake", "tea and cake"),
        ("A -> B", "A, B"),
        ("@sam likes #music", "sam likes music"),
        ("snake_case", "snake case"),
        ("It costs $5.50, 20 % off.", "It costs five dollars and fifty cents, twenty percent off."),
        ("5 * 3 = 15", "five times three equals fifteen"),
        ("<b>Bold</b> &amp; <br/>brave", "Bold and brave"),
        ("a < b and c > d", "a less than b and c greater than d"),
        ("Ｈｅｌｌｏ ①", "Hello one"),
        ("1️⃣ first", "one first"),
        ("10:30 and 3.14", "ten thirty and three point one four"),
        ("元気です。😀", "元気です。"),
        ("", ""),
    ],
)
def test_says(text: str, said: str) -> None:
    assert speakable(text) == said


def test_addresses_follow_the_language() -> None:
    assert speakable("Siehe https://ard.de", "de-DE") == "Siehe ard Punkt de"
    assert speakable("Tee & Kuchen", "de") == "Tee und Kuchen"


def test_whatever_comes_in_nothing_unspeakable_comes_out() -> None:
    rng = random.Random(11)
    alphabet = "ab 1.,!?*_`~#>[]()<>|\n\\/:;@&-+=😀👍🏽\u200b\u202e\ufe0f\x00\x1bé元。"
    for _ in range(500):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 80)))
        said = speakable(text)
        assert said == "" or any(char.isalnum() for char in said), repr(text)
        assert "\n" not in said
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "So") for c in said), repr(text)
        assert not set("`*_~") & set(said), repr((text, said))
