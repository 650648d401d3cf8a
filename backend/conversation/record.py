"""How a turn is kept and told when it has ended, whoever asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from backend.conversation.history import History, TurnOutcome
from backend.conversation.turn import Turn
from event_system import ChatResponse, Event

Source = Literal["typed", "voice", "api"]


async def record_turn(
    history: History,
    publish: Callable[[Event], object],
    turn: Turn,
    character_id: int,
    interrupted: bool,
    heard: str,
) -> None:
    """Write the answer into the chat and publish `chat.response`, unless nothing was answered.

    Raises:
        DatabaseError: It could not be written; the event is published all the same.
    """
    reply = turn.reply
    outcome = TurnOutcome(
        written=reply.written,
        heard=heard,
        interrupted=interrupted,
        emotion=reply.emotion,
        engine=reply.engine,
        model=reply.model,
        stages=turn.waterfall.stages,
    )
    try:
        await asyncio.to_thread(history.finish, turn.turn_id, outcome)
    finally:
        if reply.written or interrupted:
            publish(_response(turn, character_id, outcome))


def _response(turn: Turn, character_id: int, outcome: TurnOutcome) -> ChatResponse:
    return ChatResponse(
        turn_id=turn.turn_id,
        character_id=character_id,
        text=outcome.written.strip(),
        heard=outcome.heard,
        interrupted=outcome.interrupted,
        emotion=outcome.emotion,
        engine=outcome.engine,
        model=outcome.model,
        stages=outcome.stages,
        slowest=turn.waterfall.slowest,
    )
