"""Voices: which there are, and which one a character has."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from backend.engines.voice_list import list_voices as known_voices
from backend.engines.voice_names import split_voice
from backend.routes.shared import CharacterDetail, RoomDep, character_detail

router = APIRouter(prefix="/api", tags=["voices"])


class VoiceAnswer(BaseModel):
    """A voice that can speak here."""

    id: str
    engine: str
    name: str
    language: str


class CharacterVoice(BaseModel):
    """How a character is to sound."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"voice": "espeak/en-gb", "speed": 1.1, "pitch": 2.0}]},
    )

    voice: str = Field("", max_length=300, description="ENGINE/VOICE; empty: the first that runs.")
    language: str = Field("", pattern=r"^([A-Za-z-]{2,12})?$")
    speed: float = Field(1.0, ge=0.5, le=2.0)
    pitch: float = Field(0.0, ge=-12.0, le=12.0, description="Semitones.")


@router.get("/voices")
async def list_voices(room: RoomDep) -> list[VoiceAnswer]:
    """Every voice that can speak here, those of the preferred engine first."""
    return [
        VoiceAnswer(id=full, engine=split_voice(full)[0], name=voice.name, language=voice.language)
        for full, voice in await known_voices(room.host)
    ]


@router.put("/characters/{character_id}/voice")
async def choose_voice(character_id: int, body: CharacterVoice, room: RoomDep) -> CharacterDetail:
    """Give a character a voice; from the next sentence on it is heard."""
    changed = await room.give_voice(character_id, body.model_dump())
    active = await asyncio.to_thread(room.characters.active)
    return character_detail(changed, active.id)
