"""Engines that do what a test tells them: pieces of answers, waits, faults; a voice of tones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from backend.engines import registry
from backend.engines.base import (
    Availability,
    ChatModel,
    ChatRequest,
    Engine,
    EngineKind,
    EngineOptions,
    Pcm,
    Phoneme,
    SpeechChunk,
    SpeechRequest,
    SpeechToText,
    Transcript,
    TranscriptionStream,
    Voice,
    VoiceInfo,
)
from backend.engines.host import EngineHost
from config import Settings
from event_system import Event, EventBus

Script = list[Any]
"""Steps of an answer: text to give, seconds to wait, an error to raise, an event to await."""


@dataclass
class Fault:
    """How one engine behaves; a test sets it up and reads back what was asked of it."""

    script: Callable[[ChatRequest], Script] | Script = field(default_factory=lambda: ["Fine."])
    available: bool = True
    load_error: BaseException | None = None
    speech_error: BaseException | None = None
    speech_chunks: int = 1
    error_after: BaseException | None = None
    seconds_a_word: float = 0.1
    transcript: str | BaseException = "hello there"
    loads: int = 0
    unloads: int = 0
    probes: int = 0
    closed: int = 0
    requests: list[Any] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def steps(self, request: ChatRequest) -> Script:
        return self.script(request) if callable(self.script) else list(self.script)


class _Fake(Engine):
    behaviour: ClassVar[Fault]

    class Options(EngineOptions):
        flavour: str = "plain"

    @classmethod
    def options_from(cls, settings: Any) -> dict[str, Any]:
        return {"flavour": settings["openai_model"]} if settings["openai_model"] else {}

    def probe(self) -> Availability:
        self.behaviour.probes += 1
        if self.behaviour.available:
            return Availability(True, f"{self.label} is there")
        return Availability(False, f"{self.label} is not there", "Install it.")

    def load(self) -> None:
        self.behaviour.loads += 1
        self.behaviour.threads.add(threading.current_thread().name)
        if self.behaviour.load_error is not None:
            raise self.behaviour.load_error

    def unload(self) -> None:
        self.behaviour.unloads += 1


class _FakeModel(_Fake, ChatModel):
    async def stream(self, request: ChatRequest) -> AsyncIterator[str]:
        self.behaviour.requests.append(request)
        try:
            for step in self.behaviour.steps(request):
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, (int, float)):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.behaviour.closed += 1


class _FakeVoice(_Fake, Voice):
    levelled = True

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        fake = self.behaviour
        fake.requests.append(request)
        fake.threads.add(threading.current_thread().name)
        if fake.speech_error is not None:
            raise fake.speech_error
        seconds = max(0.05, fake.seconds_a_word * len(request.text.split()))
        for part in range(fake.speech_chunks):
            yield tone(seconds / fake.speech_chunks, 200 + 40 * part)
        if fake.error_after is not None:
            raise fake.error_after

    def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo("tone", "Tone", "en")]


class _FakeRecogniser(_Fake, SpeechToText):
    def open_stream(self, language: str = "en") -> TranscriptionStream:
        return _FakeStream(self.behaviour)


class _FakeStream(TranscriptionStream):
    def __init__(self, fake: Fault) -> None:
        self._fake = fake
        self._heard = 0

    def feed(self, pcm: Pcm) -> None:
        self._heard += len(pcm)

    def partial(self) -> Transcript:
        return Transcript("")

    def finalize(self) -> Transcript:
        if isinstance(self._fake.transcript, BaseException):
            raise self._fake.transcript
        return Transcript(self._fake.transcript if self._heard else "")

    def cancel(self) -> None:
        self._heard = 0


def tone(seconds: float, hertz: float = 220.0, rate: int = 48_000) -> SpeechChunk:
    """A sine that is said to be the vowel "a"."""
    at = np.arange(round(seconds * rate)) / rate
    pcm = (np.sin(2 * np.pi * hertz * at) * 9_000).astype(np.int16)
    return SpeechChunk(pcm, rate, (Phoneme(0.0, seconds, "a"),))


BASES: dict[EngineKind, type[_Fake]] = {
    EngineKind.LLM: _FakeModel,
    EngineKind.TTS: _FakeVoice,
    EngineKind.STT: _FakeRecogniser,
}


class FakeEngines:
    """Replaces the registry's table; engines are added best first."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        for kind, table in registry.ENGINES.items():
            for name in list(table):
                patch.delitem(registry.ENGINES[kind], name)

    def add(
        self, kind: EngineKind, name: str, *, embedded: bool = False, **behaviour: Any
    ) -> Fault:
        """Add an engine; returns how it behaves, to be changed at will."""
        fault = Fault(**behaviour)
        cls = type(
            name.title(),
            (BASES[kind],),
            {
                "name": name,
                "kind": kind,
                "label": name.title(),
                "summary": "For tests.",
                "embedded": embedded,
                "behaviour": fault,
            },
        )
        self._patch.setattr(f"{__name__}.{name}", cls, raising=False)
        self._patch.setitem(registry.ENGINES[kind], name, f"{__name__}:{name}")
        return fault


@dataclass
class Stand:
    """A host with its bus, and what was published on it."""

    host: EngineHost
    bus: EventBus
    settings: list[Settings]

    def __post_init__(self) -> None:
        self._reader = self.bus.subscribe_polled()

    def told(self, *kinds: str) -> list[Event]:
        """Events published since the last call, of the given types or all."""
        events = [one.event for one in self._reader.drain(10_000)]
        return [one for one in events if not kinds or one.type in kinds]


def host_stand(settings: Settings) -> Stand:
    """A host whose settings a test may replace (`stand.settings[0]`)."""
    bus, held = EventBus(), [settings]
    return Stand(EngineHost(lambda: held[0], bus), bus, held)
