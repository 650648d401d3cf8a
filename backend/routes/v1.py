"""OpenAI's calls for speech, so that other programs can use the voices and ears of this one.

https://platform.openai.com/docs/api-reference/audio. The live conversation goes first.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Literal

import psutil
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from backend.conversation.read_aloud import read_aloud
from backend.conversation.safety import SpeechGate, check_message
from backend.engines.base import Pcm
from backend.engines.voice_list import list_voices
from backend.errors import BadInputError, KotodamaError
from backend.media.encode import FORMS, encoder_for
from backend.openai_errors import UnknownModelError, openai_error_body
from backend.room import EngineRoom
from backend.routes.shared import RoomDep
from backend.routes.v1_names import TTS_MODEL, choose_voice, list_models
from config import names
from event_system import AudioProcessed, ErrorOccurred

SPEECH_RATE = 24_000
"""Sample rate of the speech that is sent, Hz, as OpenAI's is."""
MAX_INPUT_CHARS = 4096
router = APIRouter(prefix="/v1", tags=["openai"])


class VoiceId(BaseModel):
    """A voice as newer clients name it."""

    id: str


class SpeechRequestBody(BaseModel):
    """A text to be spoken. What OpenAI knows beside these fields is accepted and not used."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": TTS_MODEL, "voice": "default", "input": "Good evening, chat!"}]
        }
    )
    input: str
    model: str = TTS_MODEL
    voice: str | VoiceId = Field("", description="ENGINE/VOICE, a character's name, or default.")
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0, description="The voices reach from 0.5 to 2.")
    stream_format: Literal["audio", "sse"] = "audio"
    language: str = Field("", pattern=r"^([A-Za-z-]{2,12})?$", description="Not known to OpenAI.")


class ModelAnswer(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "kotodama"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelAnswer]


@router.get("/models")
async def models(room: RoomDep) -> ModelList:
    """What can be asked for as `model`: ears and voices, each engine, each of its voices."""
    created = _started_at()
    return ModelList(
        data=[ModelAnswer(id=one, created=created) for one in await list_models(room.host)]
    )


@router.get("/models/{model:path}")
async def model(model: str, room: RoomDep) -> ModelAnswer:
    """One model."""
    if model not in await list_models(room.host):
        raise UnknownModelError(model)
    return ModelAnswer(id=model, created=_started_at())


def _started_at() -> int:
    """When this backend began, Unix seconds: its models have no date of their own."""
    return int(psutil.Process().create_time())


@router.get("/audio/voices")
async def voices(room: RoomDep) -> dict[str, list[dict[str, str]]]:
    """What can be asked for as `voice`; not known to OpenAI."""
    found = await list_voices(room.host)
    return {
        "voices": [
            {"id": full, "name": voice.name, "language": voice.language} for full, voice in found
        ]
    }


@router.post(
    "/audio/speech",
    response_class=Response,
    responses={200: {"content": {form.media_type: {} for form in FORMS.values()}}},
)
async def speech(body: SpeechRequestBody, room: RoomDep) -> Response:
    """Speak a text; the sound is sent while it is made."""
    text = check_message(body.input, max(MAX_INPUT_CHARS, room.settings.max_message_chars))
    asked = body.voice if isinstance(body.voice, str) else body.voice.id
    choice = await choose_voice(room, body.model, asked, body.language, body.speed)
    gate = SpeechGate(names(room.settings.blocked_words))
    sound = read_aloud(room.host, text, choice, gate, SPEECH_RATE)
    # An error before the first sound is still told as one.
    first = await anext(sound, None)
    if first is None:
        raise BadInputError("Nothing in this text can be spoken; use words.")
    coded = _coded(_told(room, text, _again(first, sound)), body.response_format)
    if body.stream_format == "sse":
        return StreamingResponse(_sse(coded), media_type="text/event-stream")
    kind = FORMS[body.response_format].media_type
    if body.response_format == "pcm":
        kind = f"{kind};rate={SPEECH_RATE};channels=1"
    return StreamingResponse(coded, media_type=kind)


async def _again(first: Pcm, sound: AsyncGenerator[Pcm, None]) -> AsyncGenerator[Pcm, None]:
    async with aclosing(sound):
        yield first
        async for pcm in sound:
            yield pcm


async def _told(
    room: EngineRoom, text: str, sound: AsyncGenerator[Pcm, None]
) -> AsyncGenerator[Pcm, None]:
    """Pass the sound on, and publish what came of it."""
    samples = 0
    try:
        async with aclosing(sound):
            async for pcm in sound:
                samples += len(pcm)
                yield pcm
    except KotodamaError as error:
        room.bus.publish(ErrorOccurred(code=error.code, message=error.message))
        raise
    finally:
        seconds = round(samples / SPEECH_RATE, 2)
        room.bus.publish(AudioProcessed(what="spoken", seconds=seconds, text=text[:200]))


async def _coded(sound: AsyncGenerator[Pcm, None], form: str) -> AsyncGenerator[bytes, None]:
    encoder = encoder_for(form, SPEECH_RATE)
    async with aclosing(sound):
        async for pcm in sound:
            data = await asyncio.to_thread(encoder.feed, pcm)
            if data:
                yield data
    if data := await asyncio.to_thread(encoder.finish):
        yield data


async def _sse(coded: AsyncGenerator[bytes, None]) -> AsyncIterator[str]:
    """Server-sent events: pieces of the sound in base64, then the end or the error."""
    try:
        async with aclosing(coded):
            async for data in coded:
                piece = base64.b64encode(data).decode()
                yield _event({"type": "speech.audio.delta", "audio": piece})
        yield _event({"type": "speech.audio.done"})
    except KotodamaError as error:
        yield _event(openai_error_body(error))


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"
