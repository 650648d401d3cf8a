"""Character cards of other programs: read from JSON or PNG, and written.

Versions 1 (flat), 2 ("chara_card_v2") and 3 ("chara_card_v3") are read. In a PNG the card is the
base64 of its JSON in a text chunk named "chara" (versions 1 and 2) or "ccv3" (version 3), as the
public specifications of character cards V2 and V3 say.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from backend.engines.base import LoreEntry, Persona
from backend.errors import BadInputError, TooLargeError

MAX_FILE_BYTES = 20 << 20
MAX_FIELD_CHARS = 40_000
MAX_LORE_ENTRIES = 500

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS = ("ccv3", "chara")


def read_card(data: bytes) -> Persona:
    """The character in a card file.

    Args:
        data: The bytes of a JSON or PNG file.

    Raises:
        TooLargeError: The file is larger than `MAX_FILE_BYTES`.
        BadInputError: It is no character card.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLargeError(
            f"The card is larger than {MAX_FILE_BYTES >> 20} MB; use a smaller picture."
        )
    text = _text_in_png(data) if data.startswith(_PNG) else data
    try:
        card = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadInputError("The file is no character card: it holds no readable JSON.") from None
    fields = card.get("data", card) if isinstance(card, dict) else None
    if not isinstance(fields, dict) or not _text(fields, "name"):
        raise BadInputError("The file is no character card: it names no character.")
    return Persona(
        name=_text(fields, "name")[:200],
        profile=_text(fields, "description") or _text(fields, "char_persona"),
        personality=_text(fields, "personality"),
        scenario=_text(fields, "scenario") or _text(fields, "world_scenario"),
        first_mes=_text(fields, "first_mes") or _text(fields, "char_greeting"),
        mes_example=_text(fields, "mes_example") or _text(fields, "example_dialogue"),
        lorebook=tuple(_lore(fields.get("character_book"))),
    )


def card_json(persona: Persona) -> bytes:
    """A card of version 2 as JSON, which all programs of this kind read."""
    entries = [
        {
            "keys": list(entry.keys),
            "content": entry.content,
            "extensions": {},
            "enabled": True,
            "insertion_order": order,
            "constant": entry.constant,
        }
        for order, entry in enumerate(persona.lorebook)
    ]
    data = {
        "name": persona.name,
        "description": persona.profile,
        "personality": persona.personality,
        "scenario": persona.scenario,
        "first_mes": persona.first_mes,
        "mes_example": persona.mes_example,
        "creator_notes": "",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": [],
        "character_book": {"entries": entries, "extensions": {}},
        "tags": [],
        "creator": "",
        "character_version": "",
        "extensions": {},
    }
    card = {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}
    return json.dumps(card, ensure_ascii=False, indent=1).encode()


def card_png(persona: Persona, picture: bytes) -> bytes:
    """The picture as a card: the same PNG with the character in it.

    Raises:
        BadInputError: The picture is no PNG.
    """
    if not picture.startswith(_PNG):
        raise BadInputError("A character card needs a PNG picture.")
    value = base64.b64encode(card_json(persona))
    out = [_PNG]
    for kind, body in _chunks(picture):
        if kind == b"IEND":
            out.append(_chunk(b"tEXt", b"chara\x00" + value))
        if kind != b"tEXt" or body.partition(b"\x00")[0].decode("latin-1") not in _CHUNKS:
            out.append(_chunk(kind, body))
    return b"".join(out)


def _text_in_png(data: bytes) -> bytes:
    found: dict[str, bytes] = {}
    for kind, body in _chunks(data):
        if kind == b"tEXt":
            key, _, value = body.partition(b"\x00")
            found.setdefault(key.decode("latin-1").lower(), value)
    coded = next((found[name] for name in _CHUNKS if name in found), None)
    if coded is None:
        raise BadInputError("The picture is no character card: there is no character in it.")
    try:
        return base64.b64decode(coded)
    except binascii.Error:
        raise BadInputError(
            "The character in the picture is damaged; get the card again."
        ) from None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG.

    Raises:
        BadInputError: The file is cut off.
    """
    place = len(_PNG)
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind = data[place + 4 : place + 8]
        end = place + 8 + length
        if end + 4 > len(data):
            break
        yield kind, data[place + 8 : end]
        if kind == b"IEND":
            return
        place = end + 4
    raise BadInputError("The picture is cut off; get the card again.")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value.replace("\r\n", "\n").strip()[:MAX_FIELD_CHARS] if isinstance(value, str) else ""


def _lore(book: Any) -> Iterator[LoreEntry]:
    """The enabled entries; those of other programs may stand in a dictionary by number."""
    entries = book.get("entries") if isinstance(book, dict) else None
    listed = list(entries.values()) if isinstance(entries, dict) else entries
    for entry in listed[:MAX_LORE_ENTRIES] if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or entry.get("enabled") is False:
            continue
        content = _text(entry, "content")
        keys = entry.get("keys", entry.get("key"))
        named = (
            tuple(str(key).strip() for key in keys if str(key).strip())
            if isinstance(keys, list)
            else ()
        )
        constant = entry.get("constant") is True
        if content and (named or constant):
            yield LoreEntry(named, content, constant)
