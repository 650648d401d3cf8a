"""What the routes share: the room, and the models that more than one of them answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from backend.conversation.prompt import fill_macros
from backend.room import EngineRoom
from database import Character


def get_room(request: Request) -> EngineRoom:
    """The engine room of this application."""
    room: EngineRoom = request.app.state.room
    return room


RoomDep = Annotated[EngineRoom, Depends(get_room)]


class ErrorDetail(BaseModel):
    """What is wrong, in one sentence."""

    code: str
    message: str
    retryable: bool


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class CharacterAnswer(BaseModel):
    """A character in lists."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    profile: str
    personality: str
    first_mes: str
    avatar_url: str
    active: bool = False
    created_at: datetime
    updated_at: datetime


class CharacterDetail(CharacterAnswer):
    """A whole character."""

    scenario: str
    mes_example: str
    lorebook: list[Any]
    voice: dict[str, Any]
    language: str


def character_answer(character: Character, active_id: int) -> CharacterAnswer:
    """A character as lists show it."""
    answer = CharacterAnswer.model_validate(character)
    return answer.model_copy(update=_shown(character, active_id))


def character_detail(character: Character, active_id: int) -> CharacterDetail:
    """A whole character, its texts as they are written, with {{char}} and {{user}}."""
    answer = CharacterDetail.model_validate(character)
    shown = _shown(character, active_id)
    return answer.model_copy(update={key: shown[key] for key in ("avatar_url", "active")})


def _shown(character: Character, active_id: int) -> dict[str, Any]:
    """What lists show: texts with the names put in, and the picture as an address of this API."""

    def fill(text: str) -> str:
        return fill_macros(text, char=character.name, user="you")

    return {
        "profile": fill(character.profile),
        "personality": fill(character.personality),
        "first_mes": fill(character.first_mes),
        "avatar_url": f"/api/characters/{character.id}/avatar",
        "active": character.id == active_id,
    }
