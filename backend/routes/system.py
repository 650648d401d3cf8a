"""Whether the backend is well, how busy it is, and bringing the window to the front."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from backend.engines.base import EngineKind
from backend.routes.shared import RoomDep
from config import VERSION
from event_system import SystemStatus, WindowRaise

router = APIRouter(prefix="/api", tags=["system"])


class HealthAnswer(BaseModel):
    """The backend is up."""

    status: str
    version: str
    pid: int


class StatusAnswer(BaseModel):
    """How the backend fares."""

    system: SystemStatus
    engines: dict[str, str]
    sessions: dict[str, str]
    database: dict[str, Any]
    last_seq: int


@router.get("/health")
async def health() -> HealthAnswer:
    """Answers as soon as the backend can."""
    return HealthAnswer(status="ok", version=VERSION, pid=os.getpid())


@router.get("/status")
async def status(request: Request, room: RoomDep) -> StatusAnswer:
    """Load, engines on duty, running conversations, database."""
    path = room.database.path
    return StatusAnswer(
        system=await asyncio.to_thread(request.app.state.monitor.read),
        engines={kind.value: room.host.active(kind) for kind in EngineKind},
        sessions={name: session.state for name, session in room.sessions.items()},
        database={"path": str(path), "megabytes": round(path.stat().st_size / 1e6, 2)},
        last_seq=room.bus.last_seq,
    )


@router.post("/window/raise")
async def raise_window(room: RoomDep) -> dict[str, bool]:
    """Ask the open window to come to the front."""
    room.bus.publish(WindowRaise())
    return {"asked": True}
