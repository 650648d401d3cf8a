"""Characters: who there is, how they look, what was said with them, and who is on air."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import cv2
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backend.avatar.casting import RIG_SUFFIX, cast
from backend.avatar.pose import Pose
from backend.characters.store import MAX_ID
from backend.room import EngineRoom
from backend.routes.shared import (
    CharacterAnswer,
    CharacterDetail,
    RoomDep,
    character_answer,
    character_detail,
)
from config import write_atomically
from database import Character
from event_system import CharacterChanged

router = APIRouter(prefix="/api", tags=["characters"])


class SwitchRequest(BaseModel):
    """Which character goes on air."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"character_id": 2}]})
    character_id: int = Field(ge=1)


class ChatLogAnswer(BaseModel):
    """One turn of a chat."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    turn_id: str
    user_message: str
    character_response: str
    emotion: str
    interrupted: bool
    timestamp: datetime
    stages: list[Any]
    engine: str
    model: str


class AvatarAnswer(BaseModel):
    """A character made from a picture."""

    character: CharacterDetail
    rig: dict[str, Any]
    warning: str


@router.get("/characters")
def list_characters(room: RoomDep) -> list[CharacterAnswer]:
    """Every character."""
    active = room.characters.active().id
    return [character_answer(one, active) for one in room.characters.all()]


@router.get("/characters/{character_id}")
def read_character(character_id: int, room: RoomDep) -> CharacterDetail:
    """One character, whole."""
    return character_detail(room.characters.get(character_id), room.characters.active().id)


@router.get("/characters/{character_id}/avatar", response_class=Response)
def read_avatar(
    character_id: int, room: RoomDep, size: int = Query(256, ge=32, le=1024)
) -> Response:
    """The character's picture with a neutral face, PNG."""
    puppet = cast(room.characters.get(character_id).avatar_url, size)
    _done, data = cv2.imencode(".png", puppet.render(Pose(smile=0.3)))
    return Response(data.tobytes(), media_type="image/png")


@router.get("/characters/{character_id}/chat")
def read_chat(
    character_id: int,
    room: RoomDep,
    limit: int = Query(50, ge=1, le=500),
    before: int | None = Query(None, ge=1, le=MAX_ID),
) -> list[ChatLogAnswer]:
    """The newest turns of the chat, oldest first; `before` pages back."""
    room.characters.get(character_id)
    rows = room.history.page(character_id, limit, before)
    return [ChatLogAnswer.model_validate(row) for row in rows]


@router.delete("/characters/{character_id}/chat")
def forget_chat(character_id: int, room: RoomDep) -> dict[str, int]:
    """Delete the chat with a character."""
    room.characters.get(character_id)
    return {"deleted": room.history.forget(character_id)}


@router.post("/switch_character")
async def switch_character(request: SwitchRequest, room: RoomDep) -> CharacterAnswer:
    """Put a character on air."""
    character = await room.switch_character(request.character_id)
    return character_answer(character, character.id)


@router.post(
    "/generate-avatar",
    openapi_extra={"requestBody": {"content": {"image/*": {}}, "required": True}},
)
async def generate_avatar(
    request: Request, room: RoomDep, name: str = Query(min_length=1, max_length=60)
) -> AvatarAnswer:
    """Make a character from a portrait: the body is a PNG, JPEG or WebP file."""
    data = await request.body()
    made, rig, warning = await asyncio.to_thread(_make_character, room, name, data)
    room.bus.publish(CharacterChanged(character_id=made.id, change="created"))
    return AvatarAnswer(character=character_detail(made, 0), rig=rig, warning=warning)


def _make_character(
    room: EngineRoom, name: str, data: bytes
) -> tuple[Character, dict[str, Any], str]:
    from backend.avatar.rigging import find_rig
    from backend.media.image import load_portrait

    picture = load_portrait(data)
    rig = find_rig(picture[..., :3])
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "character"
    path = room.settings.data_dir / "avatars" / f"{stem}-{uuid4().hex[:8]}.png"
    _done, png = cv2.imencode(".png", picture)
    write_atomically(path, png.tobytes())
    write_atomically(path.with_name(path.name + RIG_SUFFIX), rig.to_json().encode())
    made = room.characters.add(name, path)
    return made, json.loads(rig.to_json()), rig.warning
