"""An engine room with fake engines and a plain face, and a client that keeps what it gets."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from backend.avatar.pose import Pose
from backend.avatar.puppet import Frame
from backend.characters.store import CharacterStore
from backend.engines.base import EngineKind
from backend.room import EngineRoom, open_room
from config import Settings
from database import open_database
from event_system import Envelope, Event, MediaFrame, MediaKind
from tests.support.fake_engines import FakeEngines, Fault


class FlatPuppet:
    """A grey face with a dark mouth: quick to draw, and the mouth can be measured."""

    def __init__(self, size: int) -> None:
        self.size = size

    def render(self, pose: Pose) -> Frame:
        frame = np.full((self.size, self.size, 3), 128, np.uint8)
        height = round(self.size * 0.4 * pose.mouth.open)
        if height:
            middle = self.size // 2
            cv2.rectangle(frame, (8, middle), (self.size - 8, middle + height), (0, 0, 0), -1)
        return frame


def plain_faces(patch: pytest.MonkeyPatch) -> None:
    """Let every character be played by a `FlatPuppet`."""
    for module in ("backend.conversation.session", "backend.routes.characters"):
        patch.setattr(f"{module}.cast", lambda avatar, size: FlatPuppet(64))


@cache
def _new_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kotodama.db"
        opened = open_database(path)
        CharacterStore(opened).install_builtin()
        opened.close()
        return path.read_bytes()


def seed_database(settings: Settings) -> None:
    """Put a new database in place, so that not every test runs the migrations."""
    settings.database_path.parent.mkdir(parents=True, exist_ok=True)
    settings.database_path.write_bytes(_new_database())


@dataclass(eq=False)
class Client:
    """A sink that keeps everything in the order in which it came."""

    wants_audio: bool = True
    wants_video: bool = True
    got: list[MediaFrame | Event] = field(default_factory=list)

    def media(self, frame: MediaFrame) -> None:
        self.got.append(frame)

    def event(self, envelope: Envelope) -> None:
        self.got.append(envelope.event)

    def events(self, *kinds: str) -> list[Any]:
        return [one for one in self.got if isinstance(one, Event) and one.type in kinds]

    @property
    def speech(self) -> list[MediaFrame]:
        return [
            one for one in self.got if isinstance(one, MediaFrame) and one.kind == MediaKind.SPEECH
        ]

    @property
    def pictures(self) -> list[MediaFrame]:
        return [
            one
            for one in self.got
            if isinstance(one, MediaFrame) and one.kind == MediaKind.AVATAR_JPEG
        ]


@dataclass
class VoiceRoom:
    """A room, its fake model and voice, and a client of the main session."""

    room: EngineRoom
    model: Fault
    voice: Fault
    engines: FakeEngines

    async def join(self, name: str = "main") -> Client:
        client = Client()
        (await self.room.session(name)).join(client)
        return client


def open_voice_room(settings: Settings, patch: pytest.MonkeyPatch) -> VoiceRoom:
    """A room whose chat model is `model` and whose voice is `voice`, both fakes."""
    plain_faces(patch)
    seed_database(settings)
    engines = FakeEngines(patch)
    model = engines.add(EngineKind.LLM, "model", embedded=True)
    voice = engines.add(EngineKind.TTS, "voice", embedded=True)
    return VoiceRoom(open_room(settings), model, voice, engines)
