"""Settings as they are, and changing those that may change at run time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Body
from pydantic import SecretStr

from backend.routes.shared import RoomDep
from config import Settings, runtime_keys

router = APIRouter(prefix="/api", tags=["settings"])


@router.get("/config")
def read_config(room: RoomDep) -> dict[str, Any]:
    """All settings with their schema, and which of them may change at run time."""
    return _answer(room.settings)


@router.post("/config")
async def change_config(
    room: RoomDep,
    changes: dict[str, Any] = Body(examples=[{"theme": "light", "ollama_model": None}]),
) -> dict[str, Any]:
    """Change settings; null resets a key to its default. Nothing changes if one value is wrong."""
    return _answer(await room.change_settings(changes))


def _answer(settings: Settings) -> dict[str, Any]:
    return {
        "values": {key: _shown(value) for key, value in settings.model_dump().items()},
        "schema": Settings.model_json_schema(),
        "runtime": list(runtime_keys()),
    }


def _shown(value: object) -> object:
    """A value as JSON; of a secret only whether it is set."""
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else ""
    return str(value) if isinstance(value, Path) else value
