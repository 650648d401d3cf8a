"""Character cards: every version read, written and read again, and damaged ones refused."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from backend.characters.builtin import BUILTIN_CHARACTERS
from backend.characters.card import MAX_FILE_BYTES, card_json, card_png, read_card
from backend.errors import BadInputError, TooLargeError

FIELDS = {
    "name": "Mika",
    "description": "{{char}} bakes.",
    "personality": "calm",
    "scenario": "A shop.",
    "first_mes": "Hi!\r\nCome in.",
    "mes_example": "<START>\n{{user}}: a\n{{char}}: b",
}
BOOK = {
    "entries": [
        {"keys": ["rye", " "], "content": "Rye is best.", "enabled": True},
        {"keys": ["oat"], "content": "Off.", "enabled": False},
        {"keys": [], "content": "Always.", "constant": True},
        {"keys": ["x"], "content": ""},
        "nonsense",
    ]
}


def png(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def encoded(card: Any) -> str:
    return base64.b64encode(json.dumps(card).encode()).decode()


@pytest.mark.parametrize(
    "card",
    [
        FIELDS,
        {
            "spec": "chara_card_v2",
            "spec_version": "2.0",
            "data": {**FIELDS, "character_book": BOOK},
        },
        {
            "spec": "chara_card_v3",
            "spec_version": "3.0",
            "data": {**FIELDS, "character_book": BOOK},
        },
    ],
)
def test_every_version_is_read_from_json_and_png(card: dict[str, Any]) -> None:
    for data in (
        json.dumps(card).encode(),
        b"\xef\xbb\xbf" + json.dumps(card).encode(),
        png(chara=encoded(card)),
        png(Software="x", ccv3=encoded(card), chara=encoded({"name": "Older"})),
    ):
        persona = read_card(data)
        assert (persona.name, persona.profile) == ("Mika", "{{char}} bakes.")
        assert persona.first_mes == "Hi!\nCome in."
        if "data" in card:
            assert [entry.content for entry in persona.lorebook] == ["Rye is best.", "Always."]
            assert persona.lorebook[0].keys == ("rye",)


def test_what_is_written_is_read_again() -> None:
    for one in BUILTIN_CHARACTERS:
        persona = one.persona()
        assert read_card(card_json(persona)) == persona
        twice = card_png(persona, card_png(BUILTIN_CHARACTERS[0].persona(), png(Author="me")))
        assert read_card(twice) == persona
        picture = Image.open(io.BytesIO(twice))
        picture.load()
        assert picture.text["Author"] == "me"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no readable JSON"),
        (b"\xff\xd8\xff", "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (b"[]", "names no character"),
        (b'{"name": 5}', "names no character"),
        (b'{"data": []}', "names no character"),
        (png(), "no character in it"),
        (png(chara="%%%"), "no readable JSON|damaged"),
        (png(chara=encoded(FIELDS))[:-30], "cut off"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
    ],
)
def test_what_is_no_card_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        read_card(data)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(TooLargeError):
        read_card(b"x" * (MAX_FILE_BYTES + 1))
    with pytest.raises(BadInputError):
        card_png(BUILTIN_CHARACTERS[0].persona(), b"no picture")
