"""The two sockets to the backend, on a thread of their own.

`/ws/events` brings what happens, from the last sequence number that was seen; `/ws/voice` is the
conversation. Both reconnect by themselves. Events go to the pump, speech to the player, pictures
to the frame queue; nothing here touches a widget.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from event_system import (
    BusGap,
    BusHello,
    ChatDelta,
    Envelope,
    MediaFrame,
    MediaKind,
    PlayoutFlush,
    ProtocolError,
    TranscriptFinal,
    TranscriptInterim,
    TurnCaption,
    TurnStateChanged,
    TurnTiming,
    decode,
    pack_media,
    unpack_media,
)
from frontend.api import Backend
from frontend.audio_io import Player
from frontend.context import Connection
from frontend.video import FrameQueue

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

BACKOFF_FIRST_S = 0.1
BACKOFF_MOST_S = 5.0
OPEN_TIMEOUT_S = 3.0
PING_S = 5.0
KEPT_SEQS = 1024
MOST_UNSENT = 100
"""Messages and sound that may wait to be sent, a second; beyond it the oldest are dropped."""

log = logging.getLogger(__name__)

_OF_THE_CONVERSATION = (
    ChatDelta, PlayoutFlush, TranscriptFinal, TranscriptInterim, TurnCaption, TurnStateChanged,
    TurnTiming,
)  # fmt: skip


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait before a further attempt: doubled each time, up to `BACKOFF_MOST_S`.

    Args:
        attempt: How many attempts failed in a row, from 1.
        jitter: 0 to 1; spreads clients that lost the same backend over half of the wait.
    """
    full = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** min(attempt - 1, 10))
    return full * (0.5 + 0.5 * jitter)


class Client:
    """Both sockets of one window.

    Args:
        deliver: Takes envelopes, and functions to run on Tk's loop; from any thread.
        on_connection: Called on Tk's loop when the connection is made or lost.
        player: Gets speech and flushes.
        frames: Gets avatar pictures and flushes.
        video: Frames a second and edge in pixels that the window wants.
    """

    def __init__(
        self,
        deliver: Callable[[Any], None],
        on_connection: Callable[[Connection], None],
        player: Player,
        frames: FrameQueue,
        video: tuple[int, int] = (30, 512),
    ) -> None:
        self._deliver = deliver
        self._on_connection = on_connection
        self._player = player
        player.on_played = self._send_played
        self._frames = frames
        self._video = video
        self._backend: Backend | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="client", daemon=True)
        self._changed: asyncio.Event | None = None
        self._stopping = False
        self._voice: ClientConnection | None = None
        self._outbox: deque[str | bytes] = deque(maxlen=MOST_UNSENT)
        self._sending = self._microphone_on = False
        self._sender: asyncio.Future[None] | None = None
        self._events_up = self._voice_up = False
        self._told: Connection = "connecting"
        self._last_seq = -1
        self._seen: deque[int] = deque(maxlen=KEPT_SEQS)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Close both sockets; waits for at most half a second."""
        if self._thread.is_alive() and self._ready.wait(0.5):
            self._call(self._stop)
            self._thread.join(timeout=0.5)

    def retarget(self, backend: Backend | None) -> None:
        """Talk to another backend, or to none; both sockets are opened anew."""
        if backend != self._backend:
            self._backend = backend
            if self._ready.is_set():
                self._call(self._reconnect)

    def send_voice(self, message: dict[str, Any]) -> bool:
        """Send a message of the conversation; False if there is no connection."""
        if not self._voice_up:
            return False
        if message["type"] in ("listen.start", "talk.press"):
            self._turn_microphone(True)
        elif message["type"] == "listen.stop":
            self._turn_microphone(False)
        self._post(json.dumps(message, ensure_ascii=False))
        return True

    def send_frame(self, pcm: bytes, recorded_at: float) -> None:
        """Send 20 ms of the microphone; from any thread.

        It is dropped unless this connection was told to listen: a new one was not yet.

        Args:
            pcm: PCM16, mono, 16 kHz.
            recorded_at: When its last sample was recorded, by `time.monotonic`.
        """
        self._send_sound(MediaKind.MICROPHONE, recorded_at, pcm)

    def _turn_microphone(self, on: bool) -> None:
        """What is said is meant for the character from now on, or not.

        The loudspeaker stays on meanwhile: it would take a while to start, and the echo
        canceller would have to learn its delay anew with each answer.
        """
        self._microphone_on = on
        self._player.stay_on(on)

    def _send_played(self, pcm: bytes, heard_at: float) -> None:
        """Tell what the loudspeaker plays, so that the character does not hear herself."""
        self._send_sound(MediaKind.LOUDSPEAKER, heard_at, pcm)

    def _send_sound(self, kind: int, at: float, pcm: bytes) -> None:
        if self._microphone_on:
            self._post(pack_media(MediaFrame(kind, 0, round(at * 1e6), pcm)))

    def _post(self, message: str | bytes) -> None:
        self._outbox.append(message)
        self._call(self._begin_sending)

    def _call(self, function: Callable[[], Any]) -> None:
        loop = self._loop
        if loop and not loop.is_closed():
            loop.call_soon_threadsafe(function)

    def _begin_sending(self) -> None:
        voice = self._voice
        if voice is not None and self._outbox and not self._sending:
            self._sending = True
            self._sender = asyncio.ensure_future(self._send(voice))

    async def _send(self, voice: ClientConnection) -> None:
        """Send what waits, in order: a message must not overtake the sound before it."""
        from websockets.exceptions import ConnectionClosed

        try:
            while self._outbox and voice is self._voice:
                await voice.send(self._outbox.popleft())
        except ConnectionClosed:
            # The reader of the same socket sees it too, and reports it.
            return
        finally:
            self._sending = False
            if voice is not self._voice:
                # Another connection was made meanwhile, and what waits is meant for it.
                self._begin_sending()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._ready.set()
        await asyncio.gather(
            self._keep(self._events_path, self._read_events),
            self._keep(self._voice_path, self._read_voice),
        )

    def _stop(self) -> None:
        self._stopping = True
        self._reconnect()

    def _reconnect(self) -> None:
        assert self._changed is not None
        self._changed.set()
        self._changed = asyncio.Event()

    async def _keep(
        self, path: Callable[[], str], read: Callable[[ClientConnection], Awaitable[None]]
    ) -> None:
        """Keep one socket open until the client stops."""
        attempt = 0
        while not self._stopping:
            backend, changed = self._backend, self._changed
            assert changed is not None
            if backend is None:
                await changed.wait()
                attempt = 0
                continue
            session = asyncio.ensure_future(self._session(backend, path(), read))
            waiter = asyncio.ensure_future(changed.wait())
            done, _ = await asyncio.wait({session, waiter}, return_when=asyncio.FIRST_COMPLETED)
            if waiter in done:
                session.cancel()
                await asyncio.gather(session, return_exceptions=True)
                attempt = 0
                continue
            # A session that was cancelled from within (a time-out of the library) is a failed try.
            made = not session.cancelled() and session.result()
            attempt = 1 if made else attempt + 1
            pause = backoff(attempt, random.random())
            await asyncio.wait({waiter}, timeout=pause)
            waiter.cancel()

    async def _session(
        self, backend: Backend, path: str, read: Callable[[ClientConnection], Awaitable[None]]
    ) -> bool:
        """Hold one connection; True if it was made at all."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

        url = backend.url.replace("http", "ws", 1).rstrip("/") + path
        headers = {"Authorization": f"Bearer {backend.token}"}
        made = False
        try:
            async with connect(
                url, additional_headers=headers, open_timeout=OPEN_TIMEOUT_S, compression=None,
                ping_interval=PING_S, ping_timeout=PING_S, close_timeout=0.3,
                max_size=4 * 2**20, proxy=None,
            ) as socket:  # fmt: skip
                made = True
                await read(socket)
        except (OSError, TimeoutError, asyncio.TimeoutError, InvalidHandshake, InvalidURI):
            return made
        except WebSocketException:
            return made
        except Exception:
            # A fault of our own must not end the connection for good: it is logged and retried.
            log.exception("error while reading %s", path)
            return made
        finally:
            self._tell()
        return made

    def _events_path(self) -> str:
        return "/ws/events?" + urlencode({"after": self._last_seq})

    def _voice_path(self) -> str:
        fps, size = self._video
        query = {"session": "main", "audio": 1, "video": 1, "fps": fps, "size": size}
        return "/ws/voice?" + urlencode(query)

    async def _read_events(self, socket: ClientConnection) -> None:
        self._events_up = True
        self._tell()
        try:
            async for message in socket:
                for text in _messages(message):
                    self._take_event(text)
        finally:
            self._events_up = False

    def _take_event(self, text: str) -> None:
        try:
            envelope = decode(text)
        except ProtocolError:
            # A newer backend may have events that this window does not know.
            return
        if isinstance(envelope.event, BusHello):
            if self._last_seq < 0 or self._last_seq > envelope.event.last_seq:
                self._last_seq = envelope.event.last_seq
        elif isinstance(envelope.event, BusGap):
            self._last_seq = max(self._last_seq, envelope.event.last_missing)
        self._last_seq = max(self._last_seq, envelope.seq)
        if isinstance(envelope.event, _OF_THE_CONVERSATION):
            return
        self._forward(envelope)

    async def _read_voice(self, socket: ClientConnection) -> None:
        self._player.reset()
        self._frames.reset()
        self._outbox.clear()
        self._voice, self._voice_up = socket, True
        self._tell()
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    self._take_media(message)
                else:
                    self._take_voice(message)
        finally:
            self._voice, self._voice_up = None, False
            self._turn_microphone(False)
            self._player.buffer.flush()

    def _take_media(self, message: bytes) -> None:
        try:
            frame = unpack_media(message)
        except ProtocolError:
            return
        if frame.kind == MediaKind.SPEECH:
            self._player.push(frame)
        elif frame.kind == MediaKind.AVATAR_JPEG:
            self._player.observe(frame)
            self._frames.push(frame)

    def _take_voice(self, text: str) -> None:
        try:
            envelope = decode(text)
        except ProtocolError:
            # `session.ready` and `pong` are answers, not events.
            return
        if isinstance(envelope.event, PlayoutFlush):
            # Here and not on Tk's loop: silence must not wait for a busy window.
            self._player.flush(envelope.event.generation)
            self._frames.flush(envelope.event.generation)
        elif isinstance(envelope.event, TurnStateChanged) and envelope.event.state == "thinking":
            self._player.resume()
        self._forward(envelope)

    def _forward(self, envelope: Envelope) -> None:
        """Pass an event on; one that came over both sockets is passed once."""
        if envelope.seq:
            if envelope.seq in self._seen:
                return
            self._seen.append(envelope.seq)
        self._deliver(envelope)

    def _tell(self) -> None:
        up = self._events_up and self._voice_up
        state: Connection = "up" if up else "down"
        if state == self._told or (self._told == "connecting" and not up):
            return
        self._told = state
        self._deliver(lambda: self._on_connection(state))


def _messages(message: str | bytes) -> list[str]:
    """The envelopes of one message: one, or a JSON array of them."""
    text = message.decode() if isinstance(message, bytes) else message
    if not text.startswith("["):
        return [text]
    return [json.dumps(part) for part in json.loads(text)]
