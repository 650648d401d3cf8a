"""The voices that can speak here, of every engine."""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import cast

from backend.engines.base import EngineKind, Voice, VoiceInfo
from backend.engines.host import EngineHost
from backend.engines.voice_names import join_voice, split_voice
from backend.errors import EngineError, NotFoundError

log = logging.getLogger("kotodama.voices")


async def list_voices(host: EngineHost) -> list[tuple[str, VoiceInfo]]:
    """Every voice with its full name, those of the preferred engine first."""
    found: list[tuple[str, VoiceInfo]] = []
    for slot in await host.running(EngineKind.TTS):
        engine = cast(Voice, slot.engine)
        try:
            known = await slot.call(engine.voices)
        except EngineError as error:
            # One voice server that is away must not hide the voices that are here.
            log.warning("the voices of %s are not known: %s", engine.name, error.message)
            continue
        found += [(join_voice(engine.name, voice.id), voice) for voice in known]
    return found


async def find_voice(host: EngineHost, name: str) -> str:
    """The full name of a voice that is asked for by its full name or by the engine's own.

    Raises:
        NotFoundError: There is none; the message names the nearest ones.
    """
    engine, own = split_voice(name)
    for slot in await host.running(EngineKind.TTS):
        voice = cast(Voice, slot.engine)
        if engine in ("", voice.name) and await slot.call(voice.knows, own):
            return join_voice(voice.name, own)
    names: dict[str, str] = {}
    for full, info in await list_voices(host):
        language = info.name.partition(" (")[0]
        for one in (full, info.id, info.name, language):
            names.setdefault(one.lower(), full)
    near = dict.fromkeys(names[one] for one in get_close_matches(name.lower(), names, 4, 0.6))
    hint = f"the nearest are {', '.join(near)}" if near else "`./run characters voices` lists them"
    raise NotFoundError(f"There is no voice {name!r}; {hint}.")
