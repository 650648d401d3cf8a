"""What `model` and `voice` mean in the calls under `/v1`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

from backend.conversation.preparation import voice_of
from backend.conversation.speaking import with_choice
from backend.conversation.turn import VoiceChoice
from backend.engines.base import EngineKind, Voice
from backend.engines.host import EngineHost
from backend.engines.voice_list import find_voice, list_voices
from backend.engines.voice_names import join_voice, split_voice
from backend.errors import EngineError, NotFoundError
from backend.openai_errors import ParameterError, UnknownModelError
from backend.room import EngineRoom

TTS_MODEL = "kotodama-tts"
STT_MODEL = "kotodama-stt"
OPENAI_VOICES = frozenset(
    """
        alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse default
    """.split()  # noqa: SIM905
)
"""Names that mean the voice of the character on air: programs send them without being asked."""

_TTS_PREFIX = "tts/"
_OPENAI_TTS = ("tts-1", "gpt-4o-mini-tts")
_OPENAI_STT = ("whisper-", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
_SPEEDS = (0.5, 2.0)


async def list_models(host: EngineHost) -> list[str]:
    """The names of all models: ears, voices, each engine of voices, and each of its voices."""
    engines = [slot.engine.name for slot in await host.running(EngineKind.TTS)]
    return [
        TTS_MODEL,
        STT_MODEL,
        *(f"{_TTS_PREFIX}{engine}" for engine in engines),
        *(f"{_TTS_PREFIX}{full}" for full, _voice in await list_voices(host)),
    ]


def check_stt_model(model: str) -> None:
    """See that a model means the ears.

    Raises:
        UnknownModelError: It does not.
    """
    if model != STT_MODEL and not model.startswith(_OPENAI_STT):
        raise UnknownModelError(model)


async def choose_voice(
    room: EngineRoom, model: str, voice: str, language: str, speed: float
) -> VoiceChoice:
    """How a text is to sound.

    Args:
        room: Has the characters and the engines.
        model: One of `list_models`, or one of OpenAI's for the default.
        voice: One of OpenAI's for the default, ENGINE/VOICE, an engine's own name of a voice, or a
            character's name.
        language: BCP 47 tag; empty: that of the voice.
        speed: Times the voice's own.

    Raises:
        UnknownModelError: There is no such model.
        ParameterError: There is no such voice.
    """
    character = await asyncio.to_thread(room.characters.active)
    choice = voice_of(character, room.settings)
    named = await _model_voice(room.host, model)
    if voice and voice.casefold() not in OPENAI_VOICES:
        choice = await _named(room, choice, split_voice(named)[0], voice)
    elif named:
        choice = await _with_voice(room.host, choice, named)
    low, high = _SPEEDS
    choice = replace(choice, speed=min(max(choice.speed * speed, low), high))
    return with_choice(choice, language=language)


async def _model_voice(host: EngineHost, model: str) -> str:
    """The full name of the voice that a model means; "ENGINE/" for an engine's own choice.

    Raises:
        UnknownModelError: There is no such model.
    """
    if model == TTS_MODEL or model.startswith(_OPENAI_TTS):
        return ""
    named = model.removeprefix(_TTS_PREFIX)
    if named == model:
        raise UnknownModelError(model)
    if named in [slot.engine.name for slot in await host.running(EngineKind.TTS)]:
        return join_voice(named, "")
    try:
        return await find_voice(host, named)
    except NotFoundError:
        raise UnknownModelError(model) from None


async def _named(room: EngineRoom, choice: VoiceChoice, engine: str, voice: str) -> VoiceChoice:
    for character in await asyncio.to_thread(room.characters.all):
        if character.name.casefold() == voice.casefold():
            return voice_of(character, room.settings)
    wanted = voice if split_voice(voice)[0] or not engine else join_voice(engine, voice)
    try:
        return await _with_voice(room.host, choice, await find_voice(room.host, wanted))
    except NotFoundError as error:
        raise ParameterError(error.message, "voice") from None


async def _with_voice(host: EngineHost, choice: VoiceChoice, full: str) -> VoiceChoice:
    """The choice with another voice, which speaks its own language."""
    engine, own = split_voice(full)
    language = ""
    for slot in await host.running(EngineKind.TTS):
        if slot.engine.name == engine and own:
            try:
                known = await slot.call(cast(Voice, slot.engine).voices)
            except EngineError:
                known = []
            language = next((one.language for one in known if one.id == own), "")
    return with_choice(choice, voice=full, language=language)
