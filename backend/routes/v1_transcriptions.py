"""OpenAI's call for transcripts: a sound file sent as a form, the words in the form asked for.

https://platform.openai.com/docs/api-reference/audio/createTranscription. The live conversation
goes first.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal, get_args

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from backend.conversation.recording import Part, recognise_recording
from backend.conversation.transcript_forms import as_srt, as_verbose_json, as_vtt, joined
from backend.engines.base import Pcm
from backend.errors import KotodamaError
from backend.openai_errors import ParameterError, openai_error_body
from backend.room import EngineRoom
from backend.routes.shared import RoomDep
from backend.routes.v1_names import STT_MODEL, check_stt_model
from event_system import MICROPHONE_RATE, AudioProcessed

MAX_FIELDS = 20
router = APIRouter(prefix="/v1", tags=["openai"])

ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "model": {"type": "string", "default": STT_MODEL},
        "language": {"type": "string"},
        "response_format": {"enum": list(get_args(ResponseFormat)), "default": "json"},
        "stream": {"type": "boolean", "default": False},
    },
}


class TranscriptionFields(BaseModel):
    """The fields beside the file; what OpenAI knows more is accepted and not used."""

    model: str = STT_MODEL
    language: str = Field("", pattern=r"^([A-Za-z-]{2,12})?$")
    response_format: ResponseFormat = "json"
    stream: bool = False


@router.post(
    "/audio/transcriptions",
    response_class=Response,
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
    },
)
async def transcriptions(request: Request, room: RoomDep) -> Response:
    """Recognise the speech in a sound file of any common kind."""
    async with request.form(max_files=1, max_fields=MAX_FIELDS) as form:
        fields = _fields(form)
        check_stt_model(fields.model)
        pcm = await _sound(form)
    language = fields.language or room.settings.speech_language
    parts = recognise_recording(room.host, pcm, language)
    if fields.stream:
        return StreamingResponse(_sse(room, pcm, parts), media_type="text/event-stream")
    async with aclosing(parts):
        found = [part async for part in parts]
    _tell(room, pcm, found)
    return _answer(fields.response_format, found, len(pcm) / MICROPHONE_RATE, language)


def _fields(form: FormData) -> TranscriptionFields:
    if "word" in form.getlist("timestamp_granularities[]"):
        raise ParameterError(
            "The recognisers here tell no times of words; ask for segments.",
            "timestamp_granularities",
        )
    given = {key: value for key, value in form.items() if isinstance(value, str) and value}
    try:
        return TranscriptionFields.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = str(first["loc"][0])
        raise ParameterError(f"{where}: {first['msg']}.", where) from error


async def _sound(form: FormData) -> Pcm:
    """The sound of the file that was sent: (samples,) int16 mono at 16,000 Hz."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ParameterError("The form has no sound file; send one as `file`.", "file")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as copy:
            while data := await file.read(1 << 20):
                await asyncio.to_thread(copy.write, data)
        return await asyncio.to_thread(_decode, path)


def _decode(path: Path) -> Pcm:
    from backend.media.decode import decode_audio

    return decode_audio(path, MICROPHONE_RATE)


def _answer(form: str, parts: list[Part], seconds: float, language: str) -> Response:
    if form == "text":
        return PlainTextResponse(joined(parts) + "\n")
    if form == "srt":
        return PlainTextResponse(as_srt(parts))
    if form == "vtt":
        return PlainTextResponse(as_vtt(parts), media_type="text/vtt")
    if form == "verbose_json":
        return JSONResponse(as_verbose_json(parts, seconds, language))
    return JSONResponse({"text": joined(parts)})


async def _sse(room: EngineRoom, pcm: Pcm, parts: AsyncGenerator[Part, None]) -> AsyncIterator[str]:
    """Server-sent events: each part as it is recognised, then the whole text or the error."""
    found: list[Part] = []
    try:
        async with aclosing(parts):
            async for part in parts:
                before = joined(found)
                found.append(part)
                delta = joined(found)[len(before) :]
                yield _event({"type": "transcript.text.delta", "delta": delta})
        yield _event({"type": "transcript.text.done", "text": joined(found)})
        _tell(room, pcm, found)
    except KotodamaError as error:
        yield _event(openai_error_body(error))


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _tell(room: EngineRoom, pcm: Pcm, parts: list[Part]) -> None:
    seconds = round(len(pcm) / MICROPHONE_RATE, 2)
    room.bus.publish(AudioProcessed(what="transcribed", seconds=seconds, text=joined(parts)[:200]))
