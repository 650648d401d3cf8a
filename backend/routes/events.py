"""What happened, as the database keeps it."""

from __future__ import annotations

import json

from fastapi import APIRouter, Query

from backend.recorder import read_events
from backend.routes.shared import RoomDep
from event_system import encode

router = APIRouter(tags=["events"])


@router.get("/api/events")
def list_events(
    room: RoomDep, after: int = Query(0, ge=0, le=2**63 - 1), limit: int = Query(500, ge=1, le=5000)
) -> list[dict[str, object]]:
    """Kept events after a sequence number, oldest first."""
    return [json.loads(encode(one)) for one in read_events(room.database, after, limit)]
