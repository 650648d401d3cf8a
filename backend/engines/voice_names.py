"""Names of voices: `ENGINE/VOICE`, as a character, a client or the command line asks for one."""

from __future__ import annotations

from backend.engines.base import EngineKind
from backend.engines.registry import ENGINES


def split_voice(name: str) -> tuple[str, str]:
    """The engine and its own name of the voice.

    A name without an engine ("en-us+m3", or a voice with a slash of its own) is the embedded
    voice's; it does not say which engine is to speak.
    """
    engine, slash, voice = name.partition("/")
    if slash and engine in ENGINES[EngineKind.TTS]:
        return engine, voice
    return "", name


def join_voice(engine: str, voice: str) -> str:
    """The full name of an engine's voice."""
    return f"{engine}/{voice}"
