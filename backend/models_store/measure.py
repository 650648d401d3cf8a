"""Measures how fast an installed model is here, by letting it speak or hear one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from backend.models_store.errors import StoreError
from backend.models_store.pace import WORDS, Pace, hearing_pace, voice_pace
from backend.models_store.status import ModelStatus

if TYPE_CHECKING:
    from backend.engines.base import Pcm, SpeechToText, Voice

MEASURED = ("piper", "faster_whisper", "openai_whisper")
"""Engines whose models are measured."""
_RUNS = 3
_NEEDED_MEMORY = 3.0
"""Memory that must be free, as a multiple of the model's size."""


def can_measure(model: ModelStatus) -> bool:
    """Whether a model is there, and can be measured without a server or another environment."""
    return model.state == "installed" and model.engine in MEASURED and bool(model.path)


def has_room(model: ModelStatus) -> bool:
    """Whether there is memory to load it beside everything else."""
    import psutil

    return bool(psutil.virtual_memory().available > _NEEDED_MEMORY * model.bytes)


def measure(model: ModelStatus) -> Pace:
    """Load a model, run it a few times, and free it; seconds, with up to four cores at work.

    Raises:
        StoreError: It is of a kind that is not measured, is not there, or no room in the memory.
        EngineError: It cannot be loaded, or fails.
    """
    if not can_measure(model):
        raise StoreError(f"{model.name} is not measured: only installed Piper and Whisper are.")
    if not has_room(model):
        raise StoreError(f"There is too little memory to measure {model.name}; close programs.")
    if model.kind == "stt":
        recogniser = _recogniser(model)
        recogniser.load()
        try:
            return _hearing(recogniser)
        finally:
            recogniser.unload()
    voice = _voice(model)
    voice.load()
    try:
        return _speaking(voice)
    finally:
        voice.unload()


def _voice(model: ModelStatus) -> Voice:
    from backend.engines.tts.piper import PiperVoice

    return PiperVoice({"model": model.path})


def _recogniser(model: ModelStatus) -> SpeechToText:
    from backend.engines.stt.faster_whisper import FasterWhisper
    from backend.engines.stt.openai_whisper import OpenAIWhisper

    path = Path(model.path).resolve()
    if model.engine == "openai_whisper":
        return OpenAIWhisper({"model": str(path)})
    return FasterWhisper({"model": str(path.parent if path.name == "model.bin" else path)})


def _speaking(voice: Voice) -> Pace:
    from backend.engines.base import SpeechRequest

    firsts, times = [], []
    for _ in range(_RUNS):
        started = time.perf_counter()
        stream = voice.synthesize(SpeechRequest(WORDS))
        chunks = [next(stream)]
        firsts.append(time.perf_counter() - started)
        chunks += list(stream)
        times.append(sum(one.seconds for one in chunks) / (time.perf_counter() - started))
    return voice_pace(median(times), median(firsts), measured=True)


def _hearing(recogniser: SpeechToText) -> Pace:
    sound = _spoken_sentence()
    return hearing_pace(_median_s(lambda: _transcribe(recogniser, sound)), measured=True)


def _transcribe(recogniser: SpeechToText, sound: Pcm) -> None:
    stream = recogniser.open_stream("en")
    stream.feed(sound)
    stream.finalize()


def _median_s(work: Callable[[], None]) -> float:
    took = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return median(took)


def _spoken_sentence() -> Pcm:
    """The sentence by the embedded voice, 16,000 Hz."""
    from backend.engines.base import SpeechRequest
    from backend.engines.tts.espeak import EspeakVoice
    from backend.media.pcm import resample
    from event_system import MICROPHONE_RATE

    said = list(EspeakVoice().synthesize(SpeechRequest(WORDS, language="en")))
    pcm = np.concatenate([one.pcm for one in said])
    return resample(pcm, said[0].sample_rate, MICROPHONE_RATE)
