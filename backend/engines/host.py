"""Keeps one loaded engine a kind ready, falls back down the list, and unloads.

The order of preference is a setting. The first engine that can run is used; one that fails at
work is passed over for a while, and each fall is an event that the user sees. Blocking calls run
in one worker thread an engine, so that an engine never sees two threads at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, cast

from pydantic import ValidationError

from backend.engines.base import (
    Availability,
    ChatModel,
    ChatRequest,
    Engine,
    EngineKind,
    Pcm,
    SpeechChunk,
    SpeechRequest,
    Transcript,
    Voice,
)
from backend.engines.levelling import Leveller
from backend.engines.precedence import Precedence
from backend.engines.registry import ENGINES, engine_class
from backend.engines.slot import EngineStatus, Slot, known_error
from backend.engines.speech_cache import SpeechCache
from backend.engines.transcription import Transcription
from backend.engines.voice_names import split_voice
from backend.errors import EngineError, EngineUnavailableError, KotodamaError, UnsupportedError
from config import Settings, names
from event_system import EngineFallback, EventBus, ModelFailed, ModelLoaded

PASSED_OVER_S = 30.0
"""How long an engine that failed is passed over, so that not every turn waits for it again."""
PROBE_KEPT_S = 10.0

_END = object()
log = logging.getLogger("kotodama.engines")


class EngineHost:
    """The engines on duty.

    Args:
        settings: Gives the settings as they are now.
        bus: Hears of loads, failures and fallbacks.
        cache: Keeps spoken sentences; None keeps none.
    """

    def __init__(
        self, settings: Callable[[], Settings], bus: EventBus, cache: SpeechCache | None = None
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._cache = cache
        self._leveller = Leveller()
        self._slots: dict[tuple[EngineKind, str], Slot] = {}
        self._active: dict[EngineKind, str] = {}
        self.precedence = {kind: Precedence() for kind in EngineKind}

    def order(self, kind: EngineKind, first: str = "") -> list[str]:
        """The engines of a kind, best first; embedded ones always stand at the end.

        An engine that is asked for as the `first` comes before the others.
        """
        listed = names(str(getattr(self._settings(), f"{kind.value}_engines", "")))
        known = [name for name in listed if name in ENGINES[kind]]
        for name in ENGINES[kind]:
            if name not in known and engine_class(kind, name).embedded:
                known.append(name)
        if first:
            known = [first, *(name for name in known if name != first)]
        return known

    def active(self, kind: EngineKind) -> str:
        """The engine that worked last, or would be tried first; empty when none is known yet."""
        return self._active.get(kind, "")

    async def ready(self, kind: EngineKind) -> Engine:
        """The best engine of a kind that can run, loaded.

        Raises:
            EngineUnavailableError: None can run; the message says why the best one cannot.
        """
        async for slot in self.candidates(kind):
            return slot.engine
        raise self.none_available(kind)

    async def chat(self, request: ChatRequest) -> AsyncIterator[tuple[ChatModel, str]]:
        """Stream a reply, falling to the next model as long as nothing was said.

        Raises:
            EngineError: The model failed after it had begun, or none can run.
        """
        async for slot in self.candidates(EngineKind.LLM):
            model = cast(ChatModel, slot.engine)
            begun = False
            stream = model.stream(request)
            try:
                async for piece in stream:
                    if piece:
                        begun = True
                        yield model, piece
            except Exception as error:
                known = known_error(slot.engine, error)
                if begun or not self.pass_over(slot, known):
                    raise known from error
                continue
            finally:
                close = getattr(stream, "aclose", None)
                if close is not None:
                    await close()
            if begun:
                return
            if not self.pass_over(slot, EngineError(f"{model.label} gave an empty answer.")):
                raise EngineError(f"{model.label} gave an empty answer; try again.")
        raise self.none_available(EngineKind.LLM)

    async def speak(
        self, request: SpeechRequest, *, guest: bool = False
    ) -> AsyncIterator[SpeechChunk]:
        """Synthesize a sentence, falling to the next voice as long as nothing was heard.

        The engine that the voice's name begins with comes first; another one that takes over
        speaks with its own default voice. A guest, which is another program, comes after the
        conversation.

        Raises:
            EngineError: The voice failed after it had begun, or none can run.
        """
        with nullcontext() if guest else self.precedence[EngineKind.TTS].live():
            async for chunk in self._speak(request, guest):
                yield chunk

    async def _speak(self, request: SpeechRequest, guest: bool) -> AsyncIterator[SpeechChunk]:
        first, name = split_voice(request.voice)
        async for slot in self.candidates(EngineKind.TTS, first, load=False):
            engine = slot.engine
            own = engine.name == first or (engine.embedded and not first)
            asked = replace(request, voice=name if own else "")
            begun = False
            try:
                async for chunk in self._kept_or_spoken(slot, asked, guest):
                    begun = True
                    yield chunk
                return
            except Exception as error:
                known = known_error(engine, error)
                if begun or not self.pass_over(slot, known, first):
                    raise known from error
        raise self.none_available(EngineKind.TTS)

    async def _kept_or_spoken(
        self, slot: Slot, request: SpeechRequest, guest: bool
    ) -> AsyncIterator[SpeechChunk]:
        """A sentence from the cache, for which nothing is loaded, or from the voice."""
        voice, cache = cast(Voice, slot.engine), self._cache
        path = cache.path_of(voice, request) if cache else None
        if cache and path:
            kept = await asyncio.to_thread(cache.read, path)
            if kept:
                for chunk in kept:
                    yield chunk
                return
        await self._load(slot)
        spoken = []
        level = self._leveller.sentence(voice, request)
        async for chunk in self._iterate(slot, partial(voice.synthesize, request), guest):
            spoken.append(level.apply(chunk) if level else chunk)
            yield spoken[-1]
        if level:
            level.end()
        if cache and path:
            await asyncio.to_thread(cache.keep, path, spoken)

    async def running(self, kind: EngineKind) -> list[Slot]:
        """Every engine of a kind that can run here, those of the order first."""
        slots = []
        for name in dict.fromkeys((*self.order(kind), *ENGINES[kind])):
            try:
                slot = self._slot(kind, name)
            except EngineUnavailableError as error:
                log.warning("%s", error.message)
                continue
            if (await self._probe(slot)).ok:
                slots.append(slot)
        return slots

    async def transcribe(
        self, pcm: Pcm, language: str, *, guest: bool = False
    ) -> tuple[str, Transcript]:
        """Recognise a whole utterance: (samples,) int16 at 16,000 Hz.

        A guest, which is another program, comes after the conversation.

        Returns:
            The engine's name, and the transcript.

        Raises:
            EngineError: None can.
        """
        utterance = Transcription(self, language, guest=guest)
        utterance.feed(pcm)
        try:
            transcript = await utterance.finalize()
        finally:
            await utterance.cancel()
        return utterance.engine, transcript

    async def describe(self, *, fresh: bool = False) -> list[EngineStatus]:
        """Every engine with its state and reason. `fresh` probes anew."""
        jobs = [
            self._describe(kind, name, fresh) for kind, table in ENGINES.items() for name in table
        ]
        return list(await asyncio.gather(*jobs))

    async def warm_up(self, *kinds: EngineKind) -> None:
        """Load the best engine of each kind now, so that the first turn need not wait."""
        for kind in kinds:
            try:
                await self.ready(kind)
            except EngineError as error:
                log.warning("no %s engine: %s", kind.value, error.message)

    async def reconfigure(self) -> None:
        """Settings changed: forget engines whose options differ, and all failures."""
        for key, slot in list(self._slots.items()):
            try:
                options = self._options(key[0], key[1])
                same = type(slot.engine).Options(**options) == slot.engine.options
            except ValidationError:
                same = False
            slot.failed_at = slot.probed_at = 0.0
            if not same:
                del self._slots[key]
                await self._retire(slot)
        self._active.clear()

    async def close(self) -> None:
        """Unload everything."""
        for slot in list(self._slots.values()):
            await self._retire(slot)
        self._slots.clear()

    async def _retire(self, slot: Slot) -> None:
        slot.retired = True
        if slot.users:
            return
        if slot.loaded:
            slot.loaded = False
            await slot.call(slot.engine.unload)
        slot.worker.shutdown(wait=False, cancel_futures=True)

    def _options(self, kind: EngineKind, name: str) -> dict[str, Any]:
        settings = self._settings()
        cls = engine_class(kind, name)
        return {**cls.options_from(settings.model_dump()), **settings.engine_options.get(name, {})}

    def _slot(self, kind: EngineKind, name: str) -> Slot:
        slot = self._slots.get((kind, name))
        if slot is None:
            try:
                engine = engine_class(kind, name)(self._options(kind, name))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                option = ".".join(str(part) for part in first["loc"])
                raise EngineUnavailableError(
                    f"The option {option!r} of the engine {name} is wrong: {first['msg']}."
                ) from error
            worker = ThreadPoolExecutor(1, thread_name_prefix=f"{kind.value}-{name}")
            slot = self._slots[kind, name] = Slot(engine, worker)
        return slot

    async def _probe(self, slot: Slot, *, fresh: bool = False) -> Availability:
        if fresh or slot.availability is None or time.monotonic() - slot.probed_at > PROBE_KEPT_S:
            try:
                slot.availability = await asyncio.to_thread(slot.engine.probe)
            except Exception as error:
                slot.availability = Availability(False, known_error(slot.engine, error).message)
            slot.probed_at = time.monotonic()
        return slot.availability

    async def _load(self, slot: Slot) -> None:
        async with slot.lock:
            if slot.loaded and not slot.engine.asleep:
                return
            engine = slot.engine
            started = time.perf_counter()
            try:
                await slot.call(engine.load)
            except Exception as error:
                known = known_error(engine, error)
                slot.failed_at, slot.failure = time.monotonic(), known.message
                self._bus.publish(
                    ModelFailed(
                        kind=engine.kind.value,
                        engine=engine.name,
                        code=known.code,
                        message=known.message,
                    )
                )
                raise known from error
            slot.loaded = True
            took = (time.perf_counter() - started) * 1000
            self._bus.publish(
                ModelLoaded(kind=engine.kind.value, engine=engine.name, load_ms=round(took, 1))
            )

    async def candidates(
        self, kind: EngineKind, first: str = "", *, load: bool = True
    ) -> AsyncGenerator[Slot, None]:
        """The engines of a kind that can run, best first, each loaded when it is its turn.

        Asking for the next one means that the one before failed; the user is told.

        Args:
            kind: What they do.
            first: The engine to begin with, whatever the order is.
            load: Whether they are loaded; else the caller does it when it has to.
        """
        order = self.order(kind, first)
        fell: tuple[str, str] | None = None
        for place, name in enumerate(order):
            last = place == len(order) - 1
            try:
                slot = self._slot(kind, name)
                if (
                    not last
                    and time.monotonic() - slot.failed_at < PASSED_OVER_S
                    and slot.failed_at
                ):
                    continue
                found = await self._probe(slot)
                if not found.ok:
                    if found.expected and found.reason != slot.told:
                        slot.told = found.reason
                        fell = fell or (name, found.reason)
                    continue
                slot.told = ""
                if load:
                    await self._load(slot)
            except KotodamaError as error:
                log.warning("%s cannot be used: %s", name, error.message)
                fell = fell or (name, error.message)
                continue
            if fell:
                failed, why = fell
                self._bus.publish(
                    EngineFallback(kind=kind.value, failed=failed, used=name, message=why)
                )
            self._active[kind] = name
            slot.users += 1
            try:
                yield slot
            finally:
                slot.users -= 1
                if slot.retired:
                    await self._retire(slot)
            fell = (name, slot.failure)

    def pass_over(self, slot: Slot, error: KotodamaError, first: str = "") -> bool:
        """Note a failure; whether there is another engine to try (see `candidates`)."""
        kind = slot.engine.kind
        order = self.order(kind, first)
        after = order[order.index(slot.engine.name) + 1 :] if slot.engine.name in order else []
        log.warning("%s failed: %s", slot.engine.name, error.message)
        slot.failure = error.message
        fit = not after or isinstance(error, UnsupportedError)
        slot.failed_at = 0.0 if fit else time.monotonic()
        return bool(after)

    async def _iterate(
        self, slot: Slot, make: Callable[[], Iterator[SpeechChunk]], guest: bool
    ) -> AsyncIterator[SpeechChunk]:
        turn = self.precedence[slot.engine.kind].guest if guest else nullcontext
        iterator = await slot.call(make)
        try:
            while True:
                async with turn():
                    chunk = await slot.call(next, iterator, _END)
                if chunk is _END:
                    return
                yield cast(SpeechChunk, chunk)
        finally:
            # A `next` that waits for a server would hold up the engine's thread, and `close` too.
            cancel = getattr(iterator, "cancel", None)
            if cancel is not None:
                cancel()
            close = getattr(iterator, "close", None)
            if close is not None:
                slot.worker.submit(close)

    async def _describe(self, kind: EngineKind, name: str, fresh: bool) -> EngineStatus:
        cls = engine_class(kind, name)
        loaded, model = False, ""
        try:
            slot = self._slot(kind, name)
            found = await self._probe(slot, fresh=fresh)
            loaded = slot.loaded and not slot.engine.asleep
            if isinstance(slot.engine, ChatModel):
                model = slot.engine.model
            if found.ok and slot.failed_at and time.monotonic() - slot.failed_at < PASSED_OVER_S:
                found = Availability(False, slot.failure, "It is tried again in half a minute.")
        except EngineError as error:
            found = Availability(False, error.message)
        return EngineStatus(
            name=name,
            kind=kind.value,
            label=cls.label,
            summary=cls.summary,
            embedded=cls.embedded,
            available=found.ok,
            reason=found.reason,
            remedy=found.remedy,
            loaded=loaded,
            active=self._active.get(kind) == name,
            model=model,
            options_schema=cls.Options.model_json_schema(),
        )

    def none_available(self, kind: EngineKind) -> EngineUnavailableError:
        """What is raised when none of a kind can run."""
        what = {"stt": "speech recogniser", "llm": "chat model", "tts": "voice"}.get(
            kind.value, "engine"
        )
        reasons = [
            slot.failure or (slot.availability.reason if slot.availability else "")
            for key, slot in self._slots.items()
            if key[0] is kind
        ]
        why = next((reason for reason in reasons if reason), "none is installed")
        return EngineUnavailableError(f"No {what} can run: {why}")
