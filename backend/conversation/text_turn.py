"""A turn in text only: what the HTTP API answers, recorded like any other turn."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

from backend.conversation.preparation import chat_request, voice_of
from backend.conversation.record import record_turn
from backend.conversation.turn import Turn
from backend.conversation.waterfall import Waterfall
from backend.room import EngineRoom
from database import Character
from event_system import ChatMessageEvent, Event


async def text_turn(
    room: EngineRoom, character: Character, text: str, listen: Callable[[Event], object]
) -> Turn:
    """Ask a character and wait for the whole reply.

    Args:
        listen: Hears of the turn's events, beside the bus.

    Returns:
        The turn; `reply.error` is set when the model failed.
    """

    def publish(event: Event) -> None:
        room.bus.publish(event)
        listen(event)

    turn = Turn(
        turn_id=uuid.uuid4().hex,
        host=room.host,
        voice=voice_of(character, room.settings),
        publish=publish,
        waterfall=Waterfall(),
    )
    await asyncio.to_thread(room.history.begin, turn.turn_id, character.id, text, "api")
    turn.mark("received")
    publish(
        ChatMessageEvent(turn_id=turn.turn_id, character_id=character.id, text=text, source="api")
    )
    interrupted = True
    try:
        request = await asyncio.to_thread(
            chat_request, character, room.history, text, room.settings, turn.turn_id
        )
        await turn.answer(request)
        interrupted = False
    finally:
        said = turn.reply.written.strip()
        await asyncio.shield(
            record_turn(room.history, publish, turn, character.id, interrupted, said)
        )
    return turn
