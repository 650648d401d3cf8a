"""Models and voices: what can be had, what is there, downloads, checks and removal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from backend.models_store.piper_voices import VOICES_URL
from backend.models_store.status import DiskUse, ModelStatus
from backend.routes.shared import RoomDep

router = APIRouter(prefix="/api/models", tags=["models"])


class AddRequest(BaseModel):
    """A folder or a file of the computer that the backend runs on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/media/stick/voices"}]})
    path: str = Field(min_length=1, max_length=4096)


class AddAnswer(BaseModel):
    """What became of a folder: models that are installed now, and what was refused and why."""

    models: list[str]
    refused: list[str]


class RefreshRequest(BaseModel):
    """Where the list of voices comes from."""

    url: str = Field(VOICES_URL, max_length=2048)


class InstallRequest(BaseModel):
    """Whether the user accepts the model's licence, where `accept` asks for that."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accept_licence": True}]})
    accept_licence: bool = False


@router.get("")
async def list_models(room: RoomDep) -> list[ModelStatus]:
    """Every model and voice that is known or there."""
    await asyncio.to_thread(room.models.pace.prepare)
    listed = await asyncio.to_thread(room.models.list)
    room.models.upkeep.begin()
    return listed


@router.get("/disk")
async def read_disk(room: RoomDep) -> DiskUse:
    """What takes how much room."""
    return await asyncio.to_thread(room.models.disk)


@router.post("/add")
async def add_models(request: AddRequest, room: RoomDep) -> AddAnswer:
    """Copy models from a folder or a USB stick."""
    added = await room.models.add(Path(request.path))
    return AddAnswer(models=added.models, refused=added.refused)


@router.post("/refresh")
async def refresh_catalogue(request: RefreshRequest, room: RoomDep) -> dict[str, int]:
    """Load the list of voices anew; the old one is kept if it is none."""
    return {"models": await room.models.refresh(request.url)}


@router.post("/{model_id:path}/install")
async def install_model(
    model_id: str, room: RoomDep, request: InstallRequest | None = None
) -> ModelStatus:
    """Begin or go on with a download; its progress comes as `model.progress` events."""
    return room.models.start(model_id, accepted=bool(request and request.accept_licence))


@router.get("/{model_id:path}/sample", response_class=Response)
async def listen_to_model(model_id: str, room: RoomDep) -> Response:
    """A WAV, 48 kHz mono: a recording by a voice's makers, or an installed voice itself."""
    wav, kind = await room.models.sample(model_id)
    return Response(wav, media_type="audio/wav", headers={"X-Sample": kind})


@router.post("/{model_id:path}/measure")
async def measure_model(model_id: str, room: RoomDep) -> ModelStatus:
    """Measure how fast an installed model is here; a second, or many for a large one."""
    return await room.models.measure(model_id)


@router.post("/{model_id:path}/pause")
async def pause_model(model_id: str, room: RoomDep) -> ModelStatus:
    """Stop a download and keep what came; `install` goes on with it."""
    return await room.models.pause(model_id)


@router.post("/{model_id:path}/cancel")
async def cancel_model(model_id: str, room: RoomDep) -> ModelStatus:
    """Stop a download and throw away what came."""
    return await room.models.cancel(model_id)


@router.post("/{model_id:path}/verify")
async def verify_model(model_id: str, room: RoomDep) -> ModelStatus:
    """Check a model's files."""
    return await room.models.verify(model_id)


@router.delete("/{model_id:path}")
async def remove_model(model_id: str, room: RoomDep) -> dict[str, int]:
    """Delete a model's files; how many bytes became free."""
    return {"freed": await room.models.remove(model_id)}
