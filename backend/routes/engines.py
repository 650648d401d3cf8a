"""Which engines there are, which can run, and why not."""

from __future__ import annotations

from fastapi import APIRouter, Query

from backend.engines.slot import EngineStatus
from backend.routes.shared import RoomDep

router = APIRouter(prefix="/api", tags=["engines"])


@router.get("/engines")
async def list_engines(room: RoomDep, fresh: bool = Query(False)) -> list[EngineStatus]:
    """Every engine with its state and reason; `fresh` looks again instead of remembering."""
    return await room.host.describe(fresh=fresh)
