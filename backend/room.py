"""The engine room: the parts that the server and the command line share, put together once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backend.characters.store import CharacterStore
from backend.conversation.history import History
from backend.conversation.preparation import chat_request, voice_of
from backend.conversation.speaking import Script
from backend.conversation.turn import Turn
from backend.conversation.waterfall import Waterfall
from backend.engines.base import EngineKind
from backend.engines.host import EngineHost
from backend.engines.speech_cache import SpeechCache
from backend.engines.voice_list import find_voice
from backend.errors import BusyError, EngineError
from backend.logs import set_level
from backend.recorder import Recorder, restore_bus
from config import Settings, change_settings
from database import Character, Database, open_database
from event_system import CharacterChanged, CharacterSwitched, ConfigChanged, ErrorOccurred, EventBus

if TYPE_CHECKING:
    from backend.conversation.session import VoiceSession
    from backend.models_store.store import ModelStore
    from backend.speech_text.pronunciation import Pronunciation

MAX_SESSIONS = 3
MAIN_SESSION = "main"
log = logging.getLogger("kotodama.room")


@dataclass
class EngineRoom:
    """Settings, database, bus, engines, characters and sessions.

    Attributes:
        settings: As they are now; replaced when they change.
    """

    settings: Settings
    database: Database
    bus: EventBus
    host: EngineHost
    characters: CharacterStore
    history: History
    recorder: Recorder
    sessions: dict[str, VoiceSession] = field(default_factory=dict)
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @cached_property
    def models(self) -> ModelStore:
        """Models and voices: what can be had and what is there."""
        from backend.models_store.store import ModelStore

        return ModelStore(
            self.settings.models_dir,
            self.bus.publish,
            ollama_url=lambda: self.settings.ollama_url,
            quiet=lambda: all(one.state == "idle" for one in self.sessions.values()),
        )

    def tell_notices(self) -> None:
        """Publish what the user should know about how the database was opened."""
        for notice in self.database.notices:
            log.warning(notice)
            self.bus.publish(ErrorOccurred(code="database_notice", message=notice))
        self.database.notices.clear()

    async def rehearse(self) -> None:
        """Load the engines and speak a word to nobody, so that the first turn need not wait.

        A chat model that is not embedded is not asked: that could cost the user money.
        """
        await self.host.warm_up(EngineKind.TTS, EngineKind.LLM)
        character = await asyncio.to_thread(self.characters.active)
        request = await asyncio.to_thread(
            chat_request, character, self.history, "Hello!", self.settings, ""
        )
        voice = voice_of(character, self.settings)
        await asyncio.to_thread(_warm_up, voice.language)
        script = Script()
        turn = Turn(
            turn_id="rehearsal",
            host=self.host,
            voice=voice,
            publish=lambda event: None,
            waterfall=Waterfall(),
            target=script,
        )
        try:
            model = await self.host.ready(EngineKind.LLM)
            await (turn.answer(request) if model.embedded else turn.say("Hello!"))
        except EngineError as error:
            log.warning("the rehearsal failed: %s", error.message)

    async def session(self, name: str) -> VoiceSession:
        """The session of a name, made if there is none.

        Raises:
            BusyError: Three others are running.
        """
        async with self._opening:
            if name not in self.sessions:
                self.sessions[name] = await self._open_session(name)
            return self.sessions[name]

    async def _open_session(self, name: str) -> VoiceSession:
        # The window's own conversation always has a place.
        if name != MAIN_SESSION and len(self.sessions) >= MAX_SESSIONS:
            raise BusyError(
                f"{MAX_SESSIONS} conversations are running; wait until one ends, then try again."
            )
        open_session = await asyncio.to_thread(_load_sessions)
        return await open_session(
            name,
            await asyncio.to_thread(self.characters.active),
            settings=lambda: self.settings,
            host=self.host,
            characters=self.characters,
            history=self.history,
            bus=self.bus,
        )

    async def release(self, session: VoiceSession) -> None:
        """End a session that nobody watches any more; the main one stays."""
        if session.name != MAIN_SESSION and not session.stage.sinks:
            self.sessions.pop(session.name, None)
            await session.close()

    async def switch_character(self, character_id: int) -> Character:
        """Put a character on air in every session.

        Raises:
            NotFoundError: There is none with this id.
            BadInputError: Its picture cannot be used; the old character stays.
        """
        character = await asyncio.to_thread(self.characters.get, character_id)
        for session in self.sessions.values():
            await session.switch(character)
        await asyncio.to_thread(self.characters.switch, character_id)
        self.bus.publish(CharacterSwitched(character_id=character.id, name=character.name))
        return character

    async def give_voice(self, character_id: int, voice: Mapping[str, Any]) -> Character:
        """Change how a character sounds, from its next sentence on.

        Raises:
            NotFoundError: There is no such character, or no such voice.
        """
        named = str(voice.get("voice", ""))
        checked = {**voice, "voice": await find_voice(self.host, named) if named else ""}
        changed = await asyncio.to_thread(self.characters.give_voice, character_id, checked)
        self._tell_changed(changed)
        return changed

    async def give_pronunciations(
        self, character_id: int, entries: tuple[Pronunciation, ...]
    ) -> Character:
        """Change what a character says for words, from its next answer on.

        Raises:
            NotFoundError: There is no such character.
        """
        changed = await asyncio.to_thread(
            self.characters.give_pronunciations, character_id, entries
        )
        self._tell_changed(changed)
        return changed

    def _tell_changed(self, changed: Character) -> None:
        for session in self.sessions.values():
            if session.character.id == changed.id:
                session.character = changed
        self.bus.publish(CharacterChanged(character_id=changed.id, change="updated"))

    async def change_settings(self, changes: Mapping[str, Any]) -> Settings:
        """Change settings at run time; they are stored.

        Raises:
            SettingsError: A key or a value is wrong; nothing was changed.
        """
        async with self._changing:
            before = self.settings
            self.settings = await asyncio.to_thread(change_settings, before, changes)
        set_level(self.settings)
        await self.host.reconfigure()
        if (before.avatar_size, before.avatar_fps) != (
            self.settings.avatar_size,
            self.settings.avatar_fps,
        ):
            for session in self.sessions.values():
                await session.switch(session.character)
        self.bus.publish(ConfigChanged(keys=tuple(changes)))
        return self.settings

    async def close(self) -> None:
        """End sessions and engines, write what waits, close the database."""
        for session in list(self.sessions.values()):
            await session.close()
        self.sessions.clear()
        if "models" in self.__dict__:
            await self.models.close()
        await self.host.close()
        await asyncio.to_thread(self.recorder.flush)
        await asyncio.to_thread(self.database.close)


def _load_sessions() -> Callable[..., Awaitable[VoiceSession]]:
    """Faces and listening: they take longer to load than sockets take to be served."""
    from backend.conversation.session import open_session

    return open_session


def _warm_up(language: str) -> None:
    from backend.speech_text.spelling import warm_up

    warm_up(language)


def open_room(settings: Settings) -> EngineRoom:
    """Put the parts together.

    Raises:
        DatabaseError: The database cannot be opened at all.
    """
    database = open_database(settings.database_path)
    bus = restore_bus(database)
    characters = CharacterStore(database)
    characters.install_builtin()
    cache = SpeechCache(
        settings.data_dir / "cache" / "speech",
        lambda: room.settings.speech_cache_mb * 1_000_000,
    )
    host = EngineHost(lambda: room.settings, bus, cache)
    room = EngineRoom(
        settings, database, bus, host, characters, History(database), Recorder(bus, database)
    )
    return room
