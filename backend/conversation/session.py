"""A voice session: one character on one stage, the turns of its conversation, and who watches.

A session takes one turn at a time. A new message interrupts the running turn; what the user
heard of it is what the history keeps.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from backend.avatar.casting import cast
from backend.avatar.motion import Performer
from backend.avatar.puppet import Puppet
from backend.characters.store import CharacterStore
from backend.conversation.ear import Ear
from backend.conversation.filler import fill_in
from backend.conversation.history import History
from backend.conversation.hold import Hold
from backend.conversation.languages import Languages
from backend.conversation.listening import Listener
from backend.conversation.microphone import Microphone
from backend.conversation.preparation import chat_request, voice_of
from backend.conversation.record import Source, record_turn
from backend.conversation.safety import SpeechGate, check_message
from backend.conversation.self_hearing import SelfHearing
from backend.conversation.turn import Turn
from backend.conversation.utterance import Utterance
from backend.conversation.waterfall import Waterfall
from backend.engines.host import EngineHost
from backend.engines.transcription import Transcription
from backend.errors import KotodamaError
from backend.stage.playout import heard_text
from backend.stage.sinks import Sink
from backend.stage.stage import Stage
from config import Settings, names
from database import Character
from event_system import (
    ChatMessageEvent,
    Envelope,
    ErrorOccurred,
    Event,
    EventBus,
    TurnCaption,
    TurnState,
    TurnStateChanged,
)

log = logging.getLogger("kotodama.session")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer that is being thought of, and that nobody sees or hears yet."""

    turn: Turn
    text: str
    character: Character
    hold: Hold
    thinking: asyncio.Task[None]


async def open_session(
    name: str,
    character: Character,
    *,
    settings: Callable[[], Settings],
    host: EngineHost,
    characters: CharacterStore,
    history: History,
    bus: EventBus,
) -> VoiceSession:
    """Make a session; its face is drawn up in a thread.

    Raises:
        BadInputError: The character's picture cannot be used.
    """
    puppet = await asyncio.to_thread(cast, character.avatar_url, settings().avatar_size)
    return VoiceSession(
        name,
        character,
        puppet,
        settings=settings,
        host=host,
        characters=characters,
        history=history,
        bus=bus,
    )


class VoiceSession:
    """One conversation that clients watch and speak into; see `open_session`."""

    def __init__(
        self,
        name: str,
        character: Character,
        puppet: Puppet,
        *,
        settings: Callable[[], Settings],
        host: EngineHost,
        characters: CharacterStore,
        history: History,
        bus: EventBus,
    ) -> None:
        self.name = name
        self.character = character
        self._settings = settings
        self._host = host
        self._characters = characters
        self._history = history
        self._bus = bus
        self._turn: asyncio.Task[None] | None = None
        self._running: Turn | None = None
        self._concluding = False
        self._lock = asyncio.Lock()
        self.stage = Stage(
            puppet,
            Performer(seed=character.id),
            self._tell,
            fps=settings().avatar_fps,
        )
        self.stage.on_first_frame = self._first_frame
        self._self_hearing = SelfHearing()
        self.microphone = Microphone(settings, self._new_listener)
        self._languages = Languages()
        self._state: TurnState = "idle"
        self._pacing = asyncio.create_task(self.stage.run())

    @property
    def state(self) -> TurnState:
        """What the character does now."""
        return self._state

    def join(self, sink: Sink) -> None:
        """Let a client watch."""
        self.stage.sinks.add(sink)

    async def leave(self, sink: Sink) -> None:
        """A client is gone."""
        self.stage.sinks.discard(sink)
        await self.microphone.close(sink)

    def _new_listener(self, ear: Ear) -> Listener:
        return Listener(
            self.stage,
            ear,
            begin=self._begin_utterance,
            over=self._utterance_over,
            interrupt=self.cancel,
            publish=self._tell,
            self_hearing=self._self_hearing,
        )

    def _begin_utterance(self, over_voice: bool) -> Utterance[Prepared]:
        settings = self._settings()
        if self._running is None:
            self._set_state("listening", "")
        return Utterance(
            self._transcribe,
            self,
            self._tell,
            self._self_hearing,
            over_voice=over_voice,
            prefetch=settings.prefetch,
        )

    def _transcribe(self) -> Transcription:
        """A way to the recognisers, in the language that this character was spoken to so far."""
        character = self.character.id
        language = self._languages.asked(self._settings().speech_language, character)
        return Transcription(self._host, language, partial(self._languages.keep, character))

    def _utterance_over(self) -> None:
        if self._running is None and self._state == "listening":
            self._set_state("idle", "")

    async def send(self, text: str, source: Source = "typed", turn_id: str = "") -> str:
        """Begin a turn with the user's message, interrupting a running one.

        Returns:
            The turn's id.

        Raises:
            BadInputError: The message is empty, too long or binary.
        """
        check_message(text, self._settings().max_message_chars)
        waterfall = Waterfall()
        # First, so that the model is told how far the running turn was heard.
        await self.cancel()
        prepared = self.prepare(text, waterfall, turn_id)
        prepared.turn.mark("received")
        return await self.release(prepared, source)

    def prepare(self, text: str, waterfall: Waterfall, turn_id: str = "") -> Prepared:
        """Let the character think of an answer, and let nobody see or hear it yet.

        Raises:
            BadInputError: The message is empty, too long or binary.
        """
        text = check_message(text, self._settings().max_message_chars)
        hold = Hold(self._tell, self.stage)
        turn = self._new_turn(turn_id or uuid.uuid4().hex, waterfall, hold)
        return Prepared(
            turn, text, self.character, hold, asyncio.create_task(self._think(turn, text))
        )

    async def release(self, prepared: Prepared, source: Source) -> str:
        """Let a prepared answer be seen and heard, interrupting a running turn.

        Returns:
            The turn's id.

        Raises:
            DatabaseError: The message cannot be written; the answer is dropped.
        """
        turn, character = prepared.turn, prepared.character
        async with self._lock:
            await self._interrupt()
            try:
                await asyncio.to_thread(
                    self._history.begin, turn.turn_id, character.id, prepared.text, source
                )
            except BaseException:
                await self.discard(prepared)
                raise
            self._tell(
                ChatMessageEvent(
                    turn_id=turn.turn_id,
                    character_id=character.id,
                    text=prepared.text,
                    source=source,
                )
            )
            self._begin(turn)
            # Before anybody waits for the speech to end.
            prepared.hold.release()
            await self._run(self._follow(prepared))
        return turn.turn_id

    async def discard(self, prepared: Prepared) -> None:
        """Drop an answer that was prepared for nothing."""
        prepared.thinking.cancel()
        await asyncio.wait([prepared.thinking])

    async def speak(self, text: str) -> str:
        """Let the character say a text, without a chat model and without a place in the chat.

        Raises:
            BadInputError: The text is empty, too long or binary.
        """
        text = check_message(text, self._settings().max_message_chars)
        async with self._lock:
            await self._interrupt()
            turn = self._new_turn(uuid.uuid4().hex, Waterfall(), None)
            self._begin(turn)
            await self._run(self._say(turn, text))
        return turn.turn_id

    async def cancel(self) -> bool:
        """Stop the running turn; whether there was one."""
        async with self._lock:
            return await self._interrupt()

    async def finished(self) -> None:
        """Wait until the running turn has ended."""
        if self._turn is not None:
            await asyncio.wait([self._turn])

    async def switch(self, character: Character) -> None:
        """Put another character on this stage."""
        await self.cancel()
        size = self._settings().avatar_size
        puppet = await asyncio.to_thread(cast, character.avatar_url, size)
        self.character = character
        self.stage.recast(puppet, Performer(seed=character.id), self._settings().avatar_fps)

    async def close(self) -> None:
        """End the session."""
        await self.microphone.shut()
        await self.cancel()
        self._pacing.cancel()
        with suppress(asyncio.CancelledError):
            await self._pacing

    def _new_turn(self, turn_id: str, waterfall: Waterfall, hold: Hold | None) -> Turn:
        settings = self._settings()
        return Turn(
            turn_id=turn_id,
            host=self._host,
            voice=voice_of(
                self.character,
                settings,
                self._languages.spoken(settings.speech_language, self.character.id),
            ),
            publish=hold.publish if hold else self._tell,
            waterfall=waterfall,
            target=hold or self.stage,
            gate=SpeechGate(names(settings.blocked_words)),
        )

    def _begin(self, turn: Turn) -> None:
        self._running = turn
        self._set_state("thinking", turn.turn_id)

    async def _run(self, work: Coroutine[None, None, None]) -> None:
        self._turn = asyncio.create_task(work)
        # A task that is cancelled before its first step never runs, and this one has to conclude.
        await asyncio.sleep(0)

    async def _interrupt(self) -> bool:
        task = self._turn
        if task is None or task.done():
            return False
        if not self._concluding:
            task.cancel()
        # Not `await task`: a caller that goes away must not cancel what is concluding.
        await asyncio.wait([task])
        return True

    async def _think(self, turn: Turn, text: str) -> None:
        """Let the model write and the voice speak, into the turn's hold."""
        try:
            request = await asyncio.to_thread(
                chat_request, self.character, self._history, text, self._settings(), turn.turn_id
            )
            await turn.answer(request)
        except KotodamaError as error:
            turn.reply.error = error
        except Exception as error:
            turn.reply.error = _surprise(error)

    async def _follow(self, prepared: Prepared) -> None:
        """Wait until a released answer is written and heard, and record what became of it."""
        turn, interrupted = prepared.turn, False
        settings = self._settings()
        filling = asyncio.create_task(
            fill_in(turn, self.stage, settings.filler, settings.filler_after, turn.voice.language)
        )
        try:
            await prepared.thinking
            await self.stage.drained()
            said = turn.reply.written.strip()
        except asyncio.CancelledError:
            interrupted = True
            said = heard_text(self.stage.flush(turn.turn_id))
        finally:
            filling.cancel()
        await self._conclude(turn, prepared.character, interrupted, said)

    async def _say(self, turn: Turn, text: str) -> None:
        try:
            await turn.say(text)
            await self.stage.drained()
        except asyncio.CancelledError:
            self.stage.flush(turn.turn_id)
        except Exception as error:
            turn.reply.error = _surprise(error)
        if turn.reply.error:
            self._tell_error(turn.reply.error, turn.turn_id)
        self._end(turn)

    async def _conclude(
        self, turn: Turn, character: Character, interrupted: bool, heard: str
    ) -> None:
        self._concluding = True
        try:
            await record_turn(self._history, self._tell, turn, character.id, interrupted, heard)
        except KotodamaError as error:
            turn.reply.error = turn.reply.error or error
        if turn.reply.error:
            self._tell_error(turn.reply.error, turn.turn_id)
        self._end(turn)

    def _end(self, turn: Turn) -> None:
        self._concluding = False
        if self._running is turn:
            self._running = None
            self._set_state("idle", turn.turn_id)

    def _first_frame(self, turn_id: str) -> None:
        if self._running and self._running.turn_id == turn_id:
            self._running.mark("first_frame")
            self._set_state("speaking", turn_id)

    def _set_state(self, state: TurnState, turn_id: str) -> None:
        self._state = state
        self.stage.attend("idle" if state == "speaking" else state)
        self._tell(TurnStateChanged(state=state, turn_id=turn_id))

    def _tell_error(self, error: KotodamaError, turn_id: str) -> None:
        self._tell(
            ErrorOccurred(
                code=error.code, message=error.message, retryable=error.retryable, turn_id=turn_id
            )
        )

    def _tell(self, event: Event) -> None:
        """To the bus, and to those who watch this session."""
        if isinstance(event, TurnCaption):
            self._self_hearing.said(event.text)
        envelope: Envelope = self._bus.publish(event)
        for sink in tuple(self.stage.sinks):
            sink.event(envelope)


def _surprise(error: Exception) -> KotodamaError:
    """What the user is told of an error that nobody foresaw."""
    log.error("the turn failed", exc_info=error)
    return KotodamaError(f"The turn failed ({type(error).__name__}); see the log.")
