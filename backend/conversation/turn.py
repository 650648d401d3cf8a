"""One turn: the user's words become a streamed reply, spoken sentence by sentence.

Writing and speaking run side by side: while the model still writes, the first sentence is
synthesized and queued on the stage; the next one is prepared while it sounds. The order is kept
because one task speaks. Cancelling the turn cancels both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.sentence_lips import SentenceLips
from backend.avatar.visemes import timeline_from_phonemes
from backend.conversation.pauses import manner_of, with_pauses
from backend.conversation.safety import SpeechGate
from backend.conversation.sentences import SentenceSplitter
from backend.conversation.waterfall import Waterfall
from backend.engines.base import ChatRequest, EngineKind, SpeechChunk, SpeechRequest, Voice
from backend.engines.host import EngineHost
from backend.engines.registry import engine_class
from backend.engines.voice_names import split_voice
from backend.errors import KotodamaError
from backend.media.pcm import resample
from backend.stage.playout import Cue, Segment
from event_system import PLAYOUT_RATE, ChatDelta, Event, TurnTiming

if TYPE_CHECKING:
    from backend.speech_text.emotes import Emote
    from backend.speech_text.pronunciation import Pronunciation

log = logging.getLogger("kotodama.turn")
ACT_S = 1.2
"""Seconds of silence for an act that nothing is said after; a nod takes 0.9."""


class PlayoutTarget(Protocol):
    """Where segments go: the live stage, or a film."""

    async def room_for_more(self) -> None:
        """Wait while a lot of speech is queued and not yet sounding."""
        ...

    def add(self, segment: Segment) -> None:
        """Queue a segment."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """How a character sounds: see `SpeechRequest`.

    Attributes:
        pronunciations: What is said for words that are written otherwise.
    """

    voice: str = ""
    language: str = "en"
    speed: float = 1.0
    pitch: float = 0.0
    pronunciations: tuple[Pronunciation, ...] = ()


@dataclass
class Reply:
    """What came of a turn so far; grows while the turn runs."""

    written: str = ""
    emotion: str = "neutral"
    engine: str = ""
    model: str = ""
    error: KotodamaError | None = None


@dataclass
class Turn:
    """A turn under way.

    Attributes:
        target: Where the speech goes; None for a reply in text only.
        publish: Hears of deltas and timings.
    """

    turn_id: str
    host: EngineHost
    voice: VoiceChoice
    publish: Callable[[Event], object]
    waterfall: Waterfall
    target: PlayoutTarget | None = None
    gate: SpeechGate = field(default_factory=SpeechGate)
    reply: Reply = field(default_factory=Reply)
    _waiting_acts: list[Emote] = field(default_factory=list)
    _spoke: bool = False

    def mark(self, stage: str) -> None:
        """Note and tell that a stage was reached."""
        reached = self.waterfall.mark(stage)
        if reached:
            self.publish(TurnTiming(turn_id=self.turn_id, stage=reached))

    async def answer(self, request: ChatRequest) -> Reply:
        """Let the model answer and the voice speak; returns when all is queued.

        An error of the model ends up in `reply.error`; what was said before it stands.
        """
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        speaking = asyncio.create_task(self._speak_all(sentences))
        try:
            await self._write(request, sentences)
            sentences.put_nowait(None)
            await speaking
        except KotodamaError as error:
            self.reply.error = self.reply.error or error
        finally:
            if not speaking.done():
                speaking.cancel()
            with suppress(asyncio.CancelledError, KotodamaError):
                await speaking
        return self.reply

    async def say(self, text: str) -> Reply:
        """Speak a given text, without a chat model."""
        splitter = SentenceSplitter()
        try:
            for sentence in splitter.feed(text) + splitter.flush():
                await self._speak(sentence)
            self._act_in_silence()
        except KotodamaError as error:
            self.reply.error = error
        self.reply.written = text
        return self.reply

    async def aside(self, text: str) -> AsyncIterator[Segment]:
        """Speech in this turn's voice that belongs to no turn.

        Raises:
            EngineError: No voice can speak it.
        """
        request = self._request(text, "neutral")
        lips = SentenceLips(request)
        async for chunk in self.host.speak(request):
            yield await asyncio.to_thread(make_segment, "", "", chunk, "neutral", lips, False)

    async def _write(self, request: ChatRequest, sentences: asyncio.Queue[str | None]) -> None:
        splitter = SentenceSplitter()
        reply = self.reply
        pieces = self.host.chat(request)
        try:
            async for model, piece in pieces:
                reply.engine, reply.model = model.name, model.model
                self.mark("first_token")
                reply.written += piece
                self.publish(ChatDelta(turn_id=self.turn_id, text=piece))
                for sentence in splitter.feed(piece):
                    self.mark("first_sentence")
                    sentences.put_nowait(sentence)
        except KotodamaError as error:
            reply.error = error
        finally:
            await pieces.aclose()  # type: ignore[attr-defined]
        for sentence in splitter.flush():
            self.mark("first_sentence")
            sentences.put_nowait(sentence)

    async def _speak_all(self, sentences: asyncio.Queue[str | None]) -> None:
        while (sentence := await sentences.get()) is not None:
            await self._speak(sentence)
        self._act_in_silence()

    async def _speak(self, sentence: str) -> None:
        # Its languages and patterns are needed by the first sentence, not by the start.
        from backend.speech_text.sentence import prepare_sentence

        ready = prepare_sentence(sentence, self.voice.language, self.voice.pronunciations)
        if self.reply.emotion == "neutral":
            self.reply.emotion = ready.emotion
        if self.target is None:
            return
        if not ready.said:
            self._waiting_acts += [replace(emote, at=0.0) for emote in ready.emotes]
            return
        # As written and as said: "b4d" is said as words that the list may not have.
        if not (self.gate.allow(ready.shown) and self.gate.allow(ready.said)):
            log.warning("a sentence with a blocked word was not spoken")
            return
        await self.target.room_for_more()
        acts = (*self._waiting_acts, *ready.emotes)
        self._waiting_acts.clear()
        emotion = next((act.emotion for act in acts if act.emotion and not act.at), ready.emotion)
        request = self._request(ready.said, emotion)
        between = manner_of(emotion).between if self._spoke else 0.0
        async with aclosing(self._segments(ready.shown, request)) as segments:
            async for segment in segments:
                self.mark("first_audio")
                if between and segment.opens_sentence:
                    self.target.add(pause(self.turn_id, between))
                self._spoke = True
                self.target.add(with_cues(segment, acts) if segment.opens_sentence else segment)

    async def _segments(self, shown: str, request: SpeechRequest) -> AsyncGenerator[Segment, None]:
        """A sentence as it comes from the voice."""
        lips = SentenceLips(request)
        preparing = None
        if not tells_phonemes(self.host, request.voice):
            preparing = asyncio.create_task(asyncio.to_thread(lips.prepare))
        opens = True
        try:
            async for chunk in self.host.speak(request):
                paused = with_pauses(chunk, manner_of(request.emotion).factor)
                yield await asyncio.to_thread(
                    make_segment, self.turn_id, shown, paused, request.emotion, lips, opens
                )
                opens = False
        finally:
            if preparing:
                preparing.cancel()

    def _act_in_silence(self) -> None:
        """Show the acts that no speech followed, in a short pause."""
        if self._waiting_acts and self.target is not None:
            self.target.add(with_cues(pause(self.turn_id, ACT_S), tuple(self._waiting_acts)))
        self._waiting_acts.clear()

    def _request(self, text: str, emotion: str) -> SpeechRequest:
        voice = self.voice
        return SpeechRequest(
            text,
            voice=voice.voice,
            language=voice.language,
            speed=voice.speed,
            pitch=voice.pitch,
            emotion=emotion,
        )


def tells_phonemes(host: EngineHost, voice: str) -> bool:
    """Whether the engine that will probably speak tells its phonemes.

    Args:
        host: Who has the voices.
        voice: A full name of a voice (see `voice_names`), or nothing.
    """
    first = split_voice(voice)[0] or host.active(EngineKind.TTS)
    name = next(iter(host.order(EngineKind.TTS, first)), "")
    engine = engine_class(EngineKind.TTS, name) if name else None
    return isinstance(engine, type) and issubclass(engine, Voice) and engine.tells_phonemes


def make_segment(
    turn_id: str, shown: str, chunk: SpeechChunk, emotion: str, lips: SentenceLips, opens: bool
) -> Segment:
    """A chunk of speech at the stage's rate, with the lips that go with it."""
    found = lips.of(chunk)
    pcm = resample(chunk.pcm, chunk.sample_rate, PLAYOUT_RATE)
    shown = shown if opens else ""
    return Segment(turn_id, shown, pcm, found.curve, emotion, opens, found.phonemes)


def with_cues(segment: Segment, emotes: tuple[Emote, ...]) -> Segment:
    """A segment in which the face acts, each act where it stood among the words.

    An act at the end comes early enough to be seen.
    """
    if not emotes:
        return segment
    seconds = segment.seconds
    latest = max(0.0, seconds - ACT_S)
    cues = tuple(Cue(min(emote.at * seconds, latest), emote.emotion, emote.nod) for emote in emotes)
    return replace(segment, cues=cues)


def pause(turn_id: str, seconds: float) -> Segment:
    """A stretch of silence in a turn."""
    pcm = np.zeros(round(seconds * PLAYOUT_RATE), np.int16)
    return Segment(turn_id, "", pcm, MouthCurve(timeline_from_phonemes(())), opens_sentence=False)
