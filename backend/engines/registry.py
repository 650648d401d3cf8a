"""Which engines there are: one line each, imported when one is asked for."""

from __future__ import annotations

from importlib import import_module

from backend.engines.base import Engine, EngineKind
from backend.errors import NotFoundError

ENGINES: dict[EngineKind, dict[str, str]] = {
    EngineKind.STT: {
        "wyoming": "backend.engines.stt.wyoming:WyomingRecogniser",
        "openai_api": "backend.engines.stt.openai_api:OpenAITranscription",
        "faster_whisper": "backend.engines.stt.faster_whisper:FasterWhisper",
        "openai_whisper": "backend.engines.stt.openai_whisper:OpenAIWhisper",
        "pocketsphinx": "backend.engines.stt.pocketsphinx:PocketsphinxRecogniser",
    },
    EngineKind.LLM: {
        "openai_compatible": "backend.engines.llm.openai_compatible:OpenAICompatibleModel",
        "ollama": "backend.engines.llm.ollama:OllamaModel",
        "persona": "backend.engines.llm.persona:PersonaModel",
    },
    EngineKind.TTS: {
        "wyoming": "backend.engines.tts.wyoming:WyomingVoice",
        "openai_api": "backend.engines.tts.openai_api:OpenAIVoice",
        "piper": "backend.engines.tts.piper:PiperVoice",
        "gpt_sovits": "backend.engines.tts.gpt_sovits:GptSovitsVoice",
        "coqui": "backend.engines.tts.coqui:CoquiVoice",
        "espeak": "backend.engines.tts.espeak:EspeakVoice",
    },
    EngineKind.CLIP: {
        "puppet": "backend.engines.clip.puppet:PuppetClip",
    },
    EngineKind.TRAINER: {},
}


def engine_class(kind: EngineKind, name: str) -> type[Engine]:
    """Import the class of an engine.

    Raises:
        NotFoundError: There is no such engine; the message lists those that there are.
    """
    try:
        module, _, attribute = ENGINES[kind][name].partition(":")
    except KeyError:
        known = ", ".join(ENGINES[kind]) or "none yet"
        raise NotFoundError(
            f"There is no {kind.value} engine {name!r}; there is: {known}."
        ) from None
    found: type[Engine] = getattr(import_module(module), attribute)
    return found
