"""A character's pronunciations: read, replaced, taken from a file, written to one, and heard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backend.conversation.preparation import voice_of
from backend.conversation.safety import check_message
from backend.conversation.speaking import speak_text
from backend.media.wav import wav_bytes
from backend.routes.shared import RoomDep
from backend.speech_text.pronunciation import (
    Pronunciation,
    as_csv,
    as_json,
    check_pronunciations,
    read_file,
    stored_pronunciations,
)
from backend.speech_text.sentence import prepare_sentence
from event_system import PLAYOUT_RATE

router = APIRouter(prefix="/api/characters/{character_id}/pronunciations", tags=["characters"])


class Entry(BaseModel):
    """What is written, and what is said for it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"word": "Kotone", "say": "koh-toh-neh"}]}
    )

    word: str
    say: str


class TrialBody(BaseModel):
    """A sentence to be tried with entries that need not be stored."""

    model_config = ConfigDict(extra="forbid")

    text: str
    entries: list[Entry] = Field(default_factory=list)


class TrialAnswer(BaseModel):
    """What a voice gets to say."""

    said: str


@router.get("")
def list_pronunciations(character_id: int, room: RoomDep) -> list[Entry]:
    """The entries, as they were written."""
    return _answer(stored_pronunciations(room.characters.get(character_id).pronunciations))


@router.put("")
async def replace_pronunciations(
    character_id: int, body: list[Entry], room: RoomDep
) -> list[Entry]:
    """Replace all entries; they are heard from the next answer on."""
    entries = _checked(body)
    await room.give_pronunciations(character_id, entries)
    return _answer(entries)


@router.get("/file", response_class=Response)
def export_pronunciations(
    character_id: int, room: RoomDep, form: Literal["csv", "json"] = Query("csv")
) -> Response:
    """The entries as a file."""
    entries = stored_pronunciations(room.characters.get(character_id).pronunciations)
    if form == "json":
        return Response(as_json(entries), media_type="application/octet-stream")
    return Response(as_csv(entries), media_type="text/csv")


@router.put("/file", openapi_extra={"requestBody": {"content": {"text/csv": {}}, "required": True}})
async def import_pronunciations(character_id: int, request: Request, room: RoomDep) -> list[Entry]:
    """Replace all entries by those of a CSV or JSON file; the body is the file."""
    entries = await asyncio.to_thread(read_file, await request.body())
    await room.give_pronunciations(character_id, entries)
    return _answer(entries)


@router.post("/try")
async def try_words(character_id: int, body: TrialBody, room: RoomDep) -> TrialAnswer:
    """What a sentence becomes for the voice."""
    text = check_message(body.text, room.settings.max_message_chars)
    character = await asyncio.to_thread(room.characters.get, character_id)
    language = voice_of(character, room.settings).language
    ready = await asyncio.to_thread(prepare_sentence, text, language, _checked(body.entries))
    return TrialAnswer(said=ready.said)


@router.post("/listen", response_class=Response)
async def listen(character_id: int, body: TrialBody, room: RoomDep) -> Response:
    """The same sentence in the character's voice: a WAV, 48 kHz mono."""
    text = check_message(body.text, room.settings.max_message_chars)
    character = await asyncio.to_thread(room.characters.get, character_id)
    choice = replace(voice_of(character, room.settings), pronunciations=_checked(body.entries))
    script = await speak_text(room.host, text, choice)
    return Response(wav_bytes(script.pcm, PLAYOUT_RATE), media_type="audio/wav")


def _checked(entries: list[Entry]) -> tuple[Pronunciation, ...]:
    return check_pronunciations([entry.model_dump() for entry in entries])


def _answer(entries: tuple[Pronunciation, ...]) -> list[Entry]:
    return [Entry(word=entry.word, say=entry.say) for entry in entries]
