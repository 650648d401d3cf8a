"""Talking over HTTP: a reply in text, speech as a WAV, and a transcript of a sound file."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from backend.conversation.preparation import voice_of
from backend.conversation.safety import check_message
from backend.conversation.speaking import speak_text, with_choice
from backend.conversation.text_turn import text_turn
from backend.conversation.turn import Turn
from backend.errors import KotodamaError
from backend.media.wav import wav_bytes
from backend.room import EngineRoom
from backend.routes.shared import RoomDep
from backend.security import error_body
from database import Character
from event_system import (
    MICROPHONE_RATE,
    PLAYOUT_RATE,
    AudioProcessed,
    ChatDelta,
    Event,
    Stage,
)

router = APIRouter(prefix="/api", tags=["chat"])


class ChatBody(BaseModel):
    """A message to a character."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Hello, who are you?"}]})
    text: str
    character_id: int | None = Field(None, ge=1)
    stream: bool = False


class ChatAnswer(BaseModel):
    """The character's reply."""

    turn_id: str
    text: str
    emotion: str
    engine: str
    model: str
    stages: list[Stage]


class SpeechBody(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Good evening, chat!"}]})
    text: str
    voice: str = Field("", description="ENGINE/VOICE; empty: that of the character on air.")
    language: str = ""
    speed: float | None = Field(None, ge=0.5, le=2.0)
    pitch: float | None = Field(None, ge=-12.0, le=12.0, description="Semitones.")


class TranscriptAnswer(BaseModel):
    """What was said in a sound file."""

    text: str
    language: str
    seconds: float
    engine: str


@router.post("/chat", response_model=ChatAnswer)
async def chat(body: ChatBody, room: RoomDep) -> Response | ChatAnswer:
    """Ask a character; with `stream`, the answer is server-sent events `delta`, `done`, `error`."""
    text = check_message(body.text, room.settings.max_message_chars)
    character = await asyncio.to_thread(
        room.characters.get if body.character_id else lambda _: room.characters.active(),
        body.character_id or 0,
    )
    if body.stream:
        return StreamingResponse(_stream(room, character, text), media_type="text/event-stream")
    turn = await text_turn(room, character, text, lambda event: None)
    if turn.reply.error:
        raise turn.reply.error
    return _answer(turn)


@router.post("/tts", response_class=Response)
async def speak(body: SpeechBody, room: RoomDep) -> Response:
    """Speak a text with the character's voice on air: a WAV, 48 kHz mono."""
    text = check_message(body.text, room.settings.max_message_chars)
    character = await asyncio.to_thread(room.characters.active)
    choice = with_choice(
        voice_of(character, room.settings),
        voice=body.voice,
        language=body.language,
        speed=body.speed,
        pitch=body.pitch,
    )
    script = await speak_text(room.host, text, choice)
    pcm = script.pcm
    seconds = len(pcm) / PLAYOUT_RATE
    room.bus.publish(AudioProcessed(what="spoken", seconds=round(seconds, 2), text=text[:200]))
    times = [[round(one.start, 3), round(one.end, 3), one.ipa] for one in script.phonemes]
    headers = {"X-Phonemes": json.dumps(times)[:6_000] if len(times) < 250 else "[]"}
    return Response(wav_bytes(pcm, PLAYOUT_RATE), media_type="audio/wav", headers=headers)


@router.post(
    "/transcribe",
    openapi_extra={"requestBody": {"content": {"audio/*": {}}, "required": True}},
)
async def transcribe(request: Request, room: RoomDep) -> TranscriptAnswer:
    """Recognise the speech in a sound file of any common kind; the body is the file."""
    data = await request.body()
    pcm = await asyncio.to_thread(_decode, data)
    engine, transcript = await room.host.transcribe(pcm, room.settings.speech_language)
    seconds = round(len(pcm) / MICROPHONE_RATE, 2)
    room.bus.publish(
        AudioProcessed(what="transcribed", seconds=seconds, text=transcript.text[:200])
    )
    return TranscriptAnswer(
        text=transcript.text, language=transcript.language, seconds=seconds, engine=engine
    )


def _decode(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    from backend.media.decode import decode_audio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        return decode_audio(path, MICROPHONE_RATE)


async def _stream(room: EngineRoom, character: Character, text: str) -> AsyncIterator[str]:
    deltas: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(text_turn(room, character, text, deltas.put_nowait))
    task.add_done_callback(lambda _: deltas.put_nowait(None))
    try:
        while (event := await deltas.get()) is not None:
            if isinstance(event, ChatDelta):
                yield _sse("delta", {"text": event.text})
        turn = await task
        if turn.reply.error:
            yield _sse("error", error_body(turn.reply.error))
        else:
            yield _sse("done", _answer(turn).model_dump())
    except KotodamaError as error:
        yield _sse("error", error_body(error))
    finally:
        task.cancel()


def _sse(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _answer(turn: Turn) -> ChatAnswer:
    return ChatAnswer(
        turn_id=turn.turn_id,
        text=turn.reply.written.strip(),
        emotion=turn.reply.emotion,
        engine=turn.reply.engine,
        model=turn.reply.model,
        stages=list(turn.waterfall.stages),
    )
