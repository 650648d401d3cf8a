"""What both sockets need: their queries, tasks that end together, sending with a time limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

import anyio
from starlette.exceptions import WebSocketException
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from event_system import SlowConsumerError

SEND_TIMEOUT_S = 5.0
CUT_OFF = 4408
REFUSED = 1008
log = logging.getLogger("kotodama.sockets")


def number(socket: WebSocket, name: str, default: int) -> int:
    """A whole number of the socket's address.

    Raises:
        WebSocketException: It is none; the socket is refused.
    """
    given = socket.query_params.get(name)
    try:
        return default if given is None else int(given)
    except ValueError:
        raise WebSocketException(REFUSED, f"{name} must be a whole number.") from None


def flag(socket: WebSocket, name: str) -> bool:
    """A switch of the socket's address; it is on unless it is turned off.

    Raises:
        WebSocketException: It is neither; the socket is refused.
    """
    given = socket.query_params.get(name, "1").casefold()
    if given in ("1", "true", "on", "yes"):
        return True
    if given in ("0", "false", "off", "no"):
        return False
    raise WebSocketException(REFUSED, f"{name} must be 1 or 0.")


async def until_first(*work: Coroutine[None, None, None]) -> None:
    """Run side by side until one ends, then end the others. A closed socket is no error.

    Raises:
        SlowConsumerError: The client does not keep up.
    """
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error is None or isinstance(error, (WebSocketDisconnect, ConnectionError)):
            continue
        raise error


async def send_text(socket: WebSocket, text: str) -> None:
    """Send, or give up on a client that does not read.

    Raises:
        SlowConsumerError: It took too long.
        WebSocketDisconnect: The client is gone.
    """
    await _send(socket, {"type": "websocket.send", "text": text})


async def send_bytes(socket: WebSocket, data: bytes) -> None:
    """Send, or give up on a client that does not read; see `send_text`."""
    await _send(socket, {"type": "websocket.send", "bytes": data})


async def _send(socket: WebSocket, message: dict[str, object]) -> None:
    try:
        with anyio.fail_after(SEND_TIMEOUT_S):
            await socket.send(message)
    except TimeoutError as error:
        raise SlowConsumerError("the client does not read") from error
    except RuntimeError as error:
        # Starlette's word for a socket that was closed meanwhile.
        raise WebSocketDisconnect(1006) from error


async def cut_off(socket: WebSocket, reason: str) -> None:
    """Close the socket of a client that does not keep up."""
    log.info("a client was cut off: %s", reason)
    if socket.application_state is WebSocketState.CONNECTED:
        try:
            with anyio.fail_after(1.0):
                await socket.close(CUT_OFF, reason)
        except (TimeoutError, RuntimeError):
            log.debug("the socket was closed already")
