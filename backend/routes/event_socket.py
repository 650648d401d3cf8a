"""The event socket: everything that happens, with replay after a reconnect."""

from __future__ import annotations

import json
import time

from starlette.websockets import WebSocket

from backend.room import EngineRoom
from backend.routes.sockets import cut_off, number, send_text, until_first
from config import VERSION
from event_system import (
    AsyncSubscription,
    BusGap,
    BusHello,
    Envelope,
    ErrorOccurred,
    Event,
    Replay,
    SlowConsumerError,
    encode,
)

BATCH = 500
MESSAGE_CHARS = 200_000
"""Of a message with several events; clients commonly refuse messages over a megabyte."""


async def event_socket(socket: WebSocket) -> None:
    """Send what happens, from `after` on, until the client goes or falls behind."""
    after = number(socket, "after", -1)
    room: EngineRoom = socket.app.state.room
    await socket.accept()
    last = room.bus.last_seq
    subscription, replay = room.bus.subscribe_after(after if after >= 0 else last)
    try:
        await until_first(_tell(socket, last, replay, subscription), _listen(socket))
    except SlowConsumerError as error:
        await cut_off(socket, str(error))
    finally:
        room.bus.unsubscribe(subscription)


async def _tell(
    socket: WebSocket, last: int, replay: Replay, subscription: AsyncSubscription
) -> None:
    await _send(socket, [_now(BusHello(last_seq=last, version=VERSION))])
    if replay.gap:
        first, until = replay.gap
        await _send(socket, [_now(BusGap(first_missing=first, last_missing=until))])
    for start in range(0, len(replay.events), BATCH):
        await _send(socket, replay.events[start : start + BATCH])
    while True:
        await _send(socket, await subscription.next_batch(BATCH))


async def _listen(socket: WebSocket) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text") or ""
        try:
            known = json.loads(text).get("type") == "ping"
        except (ValueError, AttributeError, RecursionError):
            known = False
        if not known:
            problem = 'This socket takes nothing but {"type": "ping"}; it is for listening.'
            await _send(socket, [_now(ErrorOccurred(code="protocol", message=problem))])


async def _send(socket: WebSocket, batch: list[Envelope]) -> None:
    """One envelope alone, several as a JSON array, in messages that any client takes."""
    waiting: list[str] = []
    size = 0
    for text in map(encode, batch):
        if waiting and size + len(text) > MESSAGE_CHARS:
            await send_text(socket, _joined(waiting))
            waiting, size = [], 0
        waiting.append(text)
        size += len(text)
    await send_text(socket, _joined(waiting))


def _joined(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else "[" + ",".join(texts) + "]"


def _now(event: Event) -> Envelope:
    return Envelope(0, time.time(), event)
