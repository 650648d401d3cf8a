"""The voices that a speech server says it has. OpenAI's interface knows no such list."""

from __future__ import annotations

import json
from typing import Any

from backend.engines.base import VoiceInfo

_MOST = 2_000
_ID_KEYS = ("id", "voice_id", "name")


def voices_in(body: str) -> list[VoiceInfo]:
    """The voices in an answer to `GET /v1/audio/voices`; none when it is something else.

    Servers send a list, bare or under "voices" or "data", of names or of objects with an id, and
    often a name and a language.
    """
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if isinstance(value, dict):
        value = value.get("voices", value.get("data"))
    found = [_voice(item) for item in value[:_MOST]] if isinstance(value, list) else []
    return [voice for voice in found if voice is not None]


def _voice(item: Any) -> VoiceInfo | None:
    if isinstance(item, str) and item:
        return VoiceInfo(item, item, "")
    if not isinstance(item, dict):
        return None
    name = next((item[key] for key in _ID_KEYS if item.get(key)), None)
    if not isinstance(name, str):
        return None
    label, language = item.get("name"), item.get("language", item.get("lang"))
    return VoiceInfo(
        name,
        label if isinstance(label, str) and label else name,
        language if isinstance(language, str) else "",
    )
