"""The voice socket: a conversation with sound and pictures; see `docs/protocol.md`."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args

from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.avatar.emotion import EMOTIONS
from backend.errors import BadInputError, KotodamaError
from backend.room import EngineRoom
from backend.routes.sockets import cut_off, flag, send_bytes, send_text, until_first
from event_system import (
    PLAYOUT_RATE,
    Envelope,
    ErrorOccurred,
    MediaFrame,
    MediaKind,
    PlayoutFlush,
    ProtocolError,
    SlowConsumerError,
    encode,
    pack_media,
    unpack_media,
)

if TYPE_CHECKING:
    from backend.conversation.session import VoiceSession

MAX_WAITING = 250
"""Messages that may wait for a client, 5 s of sound; beyond it the client is cut off."""
MAX_PICTURES_WAITING = 3
SESSION_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class SocketSink:
    """Queues what one client is to get. Of pictures only the newest few wait."""

    def __init__(self, *, audio: bool, video: bool, events: bool) -> None:
        self.wants_audio = audio
        self.wants_video = video
        self._events = events
        self._waiting: deque[str | MediaFrame] = deque()
        self._ready = asyncio.Event()
        self._overrun = False

    def media(self, frame: MediaFrame) -> None:
        """Take 20 ms of sound, or a picture; an old picture gives way to a new one."""
        if frame.kind == MediaKind.AVATAR_JPEG:
            pictures = [
                one
                for one in self._waiting
                if isinstance(one, MediaFrame) and one.kind == MediaKind.AVATAR_JPEG
            ]
            if len(pictures) >= MAX_PICTURES_WAITING:
                self._waiting.remove(pictures[0])
        self._put(frame)

    def event(self, envelope: Envelope) -> None:
        """Take an event of the session; a flush also drops the sound that waits here."""
        if isinstance(envelope.event, PlayoutFlush):
            kept = [one for one in self._waiting if isinstance(one, str)]
            self._waiting = deque(kept)
        elif not self._events:
            return
        self._put(encode(envelope))

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message that is no event."""
        self._put(json.dumps(message))

    def error(self, error: KotodamaError) -> None:
        """Tell this client alone what was wrong with its message."""
        event = ErrorOccurred(code=error.code, message=error.message, retryable=error.retryable)
        self._put(encode(Envelope(0, time.time(), event)))

    def _put(self, item: str | MediaFrame) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._overrun = True
        else:
            self._waiting.append(item)
        self._ready.set()

    async def pump(self, socket: WebSocket) -> None:
        """Send what waits, until the client is gone.

        Raises:
            SlowConsumerError: Too much waits.
        """
        while True:
            if self._overrun:
                raise SlowConsumerError("the client does not keep up with the sound")
            if not self._waiting:
                self._ready.clear()
                await self._ready.wait()
                continue
            item = self._waiting.popleft()
            if isinstance(item, str):
                await send_text(socket, item)
            else:
                await send_bytes(socket, pack_media(item))


class Allowance:
    """Lets through a few at once, and then one a second."""

    def __init__(self, at_once: int = 5) -> None:
        self._at_once = self._left = float(at_once)
        self._asked = time.monotonic()

    def allow(self) -> bool:
        """Whether one more is allowed now."""
        now = time.monotonic()
        self._left = min(self._at_once, self._left + now - self._asked)
        self._asked = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


async def voice_socket(socket: WebSocket) -> None:
    """Join a session: hear and see the character, and talk to it."""
    room: EngineRoom = socket.app.state.room
    session = socket.query_params.get("session", "main")
    sink = SocketSink(
        audio=flag(socket, "audio"), video=flag(socket, "video"), events=flag(socket, "events")
    )
    await socket.accept()
    try:
        if not SESSION_NAME.fullmatch(session):
            raise BadInputError("A session's name has 1 to 40 letters, digits, - or _.")
        joined = await room.session(session)
    except KotodamaError as error:
        sink.error(error)
        with_error = asyncio.create_task(sink.pump(socket))
        await asyncio.wait([with_error], timeout=0.2)
        with_error.cancel()
        with suppress(WebSocketDisconnect):
            await socket.close(4429, error.message[:100])
        return
    sink.tell(_ready_message(joined))
    joined.join(sink)
    try:
        await until_first(sink.pump(socket), _listen(socket, sink, joined))
    except SlowConsumerError as error:
        await cut_off(socket, str(error))
    finally:
        await joined.leave(sink)
        await room.release(joined)


def _ready_message(session: VoiceSession) -> dict[str, Any]:
    return {
        "type": "session.ready",
        "session": session.name,
        "character_id": session.character.id,
        "state": session.state,
        "rate": PLAYOUT_RATE,
        "fps": session.stage.fps,
        "size": session.stage.puppet.size,
        "generation": session.stage.generation,
        "media_us": round(session.stage.media_time * 1e6),
    }


async def _listen(socket: WebSocket, sink: SocketSink, session: VoiceSession) -> None:
    commands: dict[str, Callable[[dict[str, Any]], Awaitable[object]]] = {
        "chat.send": lambda m: session.send(_text(m), "typed", _turn_id(m)),
        "speak": lambda m: session.speak(_text(m)),
        "turn.cancel": lambda m: session.cancel(),
        "expression": lambda m: _express(session, m),
        "view": lambda m: _view(sink, m),
        "listen.start": lambda m: _listen_start(session, sink, m),
        "listen.stop": lambda m: session.microphone.close(sink),
        "talk.press": lambda m: _talk_press(session, sink),
        "talk.release": lambda m: _talk_release(session, sink),
        "ping": lambda m: _pong(session, sink, m),
    }
    complaints = Allowance()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        frame = message.get("bytes")
        try:
            if frame is not None:
                _hear(session, sink, frame)
                continue
            given = _parse(message)
            command = commands.get(str(given.get("type")))
            if command is None:
                known = ", ".join(commands)
                raise BadInputError(f"This message has no known type; there is: {known}.")
            await command(given)
        except KotodamaError as error:
            # Fifty wrong frames a second want no fifty answers.
            if frame is None or complaints.allow():
                sink.error(error)


def _parse(message: Any) -> dict[str, Any]:
    try:
        given = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadInputError("A message is a JSON object with a type.")
    return given


def _hear(session: VoiceSession, sink: SocketSink, data: bytes) -> None:
    """A frame of the client's microphone, or what its loudspeaker plays."""
    try:
        frame = unpack_media(data)
    except ProtocolError as error:
        raise BadInputError(f"This is no media message: {error}.") from error
    if frame.kind not in (MediaKind.MICROPHONE, MediaKind.LOUDSPEAKER):
        kinds = f"{MediaKind.MICROPHONE} and {MediaKind.LOUDSPEAKER}"
        raise BadInputError(f"A client sends media of the kinds {kinds} alone.")
    listener = session.microphone.of(sink)
    if listener is None and frame.kind == MediaKind.LOUDSPEAKER:
        # The loudspeaker has a thread of its own, which may be a little late.
        return
    if listener is None:
        raise BadInputError('The microphone is off here; send {"type": "listen.start"} first.')
    if frame.kind == MediaKind.LOUDSPEAKER:
        listener.tell_played(frame.payload, frame.pts_us)
    else:
        listener.feed(frame.payload, frame.pts_us)


async def _listen_start(session: VoiceSession, sink: SocketSink, message: dict[str, Any]) -> None:
    from backend.conversation.listening import Mode

    mode = message.get("mode", "hands_free")
    if mode not in get_args(Mode):
        raise BadInputError(f"There is no such mode; there is: {', '.join(get_args(Mode))}.")
    await session.microphone.open(sink, mode)


async def _talk_press(session: VoiceSession, sink: SocketSink) -> None:
    await (await session.microphone.open(sink, "push_to_talk")).press()


async def _talk_release(session: VoiceSession, sink: SocketSink) -> None:
    listener = session.microphone.of(sink)
    if listener is not None:
        listener.let_go()


async def _view(sink: SocketSink, message: dict[str, Any]) -> None:
    sink.wants_video = bool(message.get("video", True))


def _text(message: dict[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise BadInputError("The message has no text.")
    return text


def _turn_id(message: dict[str, Any]) -> str:
    given = message.get("turn_id", "")
    if not isinstance(given, str) or (given and not SESSION_NAME.fullmatch(given)):
        raise BadInputError("A turn_id has 1 to 40 letters, digits, - or _.")
    return given


async def _express(session: VoiceSession, message: dict[str, Any]) -> None:
    emotion = message.get("emotion")
    if emotion not in EMOTIONS:
        raise BadInputError(f"There is no such expression; there is: {', '.join(EMOTIONS)}.")
    session.stage.express(str(emotion))


async def _pong(session: VoiceSession, sink: SocketSink, message: dict[str, Any]) -> None:
    media_us = round(session.stage.media_time * 1e6)
    sink.tell({"type": "pong", "t": message.get("t"), "media_us": media_us})
