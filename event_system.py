"""Every event of the program, how events and media travel, and the bus that carries them.

Events are frozen and typed. A *durable* event gets a sequence number and is kept; an *ephemeral*
one (a token, a level, a log line) gets none and may be dropped for a client that is slow, which
is then told how many it missed. This module imports nothing else of the program: the window, the
backend and the command line share it.
"""

from __future__ import annotations

import asyncio
import functools
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

S = TypeVar("S", bound="Subscription")
Severity = Literal["debug", "info", "warning", "error"]
TurnState = Literal["idle", "listening", "thinking", "speaking"]


class Event(BaseModel):
    """Base of all events."""

    # Validators are built at first use: a process needs few of the classes, and starts at once.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    durable: ClassVar[bool] = False
    severity: ClassVar[Severity] = "info"

    told: ClassVar[str] = "{e.type}"

    type: str

    def summary(self) -> str:
        """One line for the events table and the log, by the class's template `told`."""
        return self.told.format(e=self)


class Stage(BaseModel):
    """One stage of a turn's latency waterfall: its name, and milliseconds from the turn's start."""

    model_config = ConfigDict(frozen=True)
    name: str
    at_ms: float
    took_ms: float


class LogLine(BaseModel):
    """One log record: seconds since the epoch, level name, logger and text."""

    model_config = ConfigDict(frozen=True)
    at: float
    level: str
    source: str
    text: str


class ChatMessageEvent(Event):
    """The user said something, and the character will answer it."""

    durable = True
    told = "message to character {e.character_id}"
    type: Literal["chat.message"] = "chat.message"
    turn_id: str
    character_id: int
    text: str
    source: Literal["typed", "voice", "api"] = "typed"


class ChatDelta(Event):
    """The next piece of an answer's text."""

    type: Literal["chat.delta"] = "chat.delta"
    turn_id: str
    text: str


class ChatResponse(Event):
    """An answer is complete: what was written, and what of it was heard.

    Attributes:
        interrupted: The answer was stopped; `heard` is what the user heard of it.
        stages: The latency waterfall.
        slowest: Name of the stage that took longest.
    """

    durable = True
    told = "answer of character {e.character_id} by {e.engine}, slowest: {e.slowest}"
    type: Literal["chat.response"] = "chat.response"
    turn_id: str
    character_id: int
    text: str
    heard: str
    interrupted: bool = False
    emotion: str = "neutral"
    engine: str = ""
    model: str = ""
    stages: tuple[Stage, ...] = ()
    slowest: str = ""


class TurnStateChanged(Event):
    """What the character is doing now."""

    type: Literal["turn.state"] = "turn.state"
    state: TurnState
    turn_id: str = ""


class TurnCaption(Event):
    """The sentence that begins to be heard now, for subtitles."""

    type: Literal["turn.caption"] = "turn.caption"
    turn_id: str
    text: str
    emotion: str = "neutral"


class TurnTiming(Event):
    """A stage of the running turn was reached."""

    type: Literal["turn.timing"] = "turn.timing"
    turn_id: str
    stage: Stage


class TranscriptInterim(Event):
    """What has been understood of the user's speech so far."""

    type: Literal["transcript.interim"] = "transcript.interim"
    text: str


class TranscriptFinal(Event):
    """What the user said."""

    type: Literal["transcript.final"] = "transcript.final"
    text: str


class PlayoutFlush(Event):
    """Drop all sound and pictures of generations below this one, at once."""

    type: Literal["playout.flush"] = "playout.flush"
    generation: int


class CharacterSwitched(Event):
    """Another character is on air."""

    durable = True
    told = "{e.name} is on air"
    type: Literal["character.switched"] = "character.switched"
    character_id: int
    name: str


class CharacterChanged(Event):
    """A character was made, edited or removed."""

    durable = True
    type: Literal["character.changed"] = "character.changed"
    character_id: int
    change: Literal["created", "updated", "deleted"]


class TrainingStarted(Event):
    """A voice training began."""

    durable = True
    type: Literal["training.started"] = "training.started"
    job_id: str
    name: str


class TrainingProgress(Event):
    """How far a voice training is, 0 to 1."""

    type: Literal["training.progress"] = "training.progress"
    job_id: str
    done: float
    message: str = ""


class TrainingCompleted(Event):
    """A voice training ended well."""

    durable = True
    type: Literal["training.completed"] = "training.completed"
    job_id: str
    name: str


class TrainingFailed(Event):
    """A voice training failed."""

    durable = True
    severity = "error"
    told = "{e.message}"
    type: Literal["training.failed"] = "training.failed"
    job_id: str
    code: str
    message: str


class SystemStatus(Event):
    """Load of the computer and of the backend, about once a second.

    Attributes:
        memory_mb: Resident memory of the backend process.
        gpu_percent: None where no GPU can be read.
        disk_total_gb: Size of the disk with the data folder; 0 where it is not known.
    """

    type: Literal["system.status"] = "system.status"
    cpu_percent: float
    memory_percent: float
    memory_mb: float
    disk_free_gb: float
    gpu_name: str = ""
    gpu_percent: float | None = None
    gpu_memory_percent: float | None = None
    clients: int = 0
    events_per_second: float = 0.0
    uptime_s: float = 0.0
    avatar_fps: float = 0.0
    disk_total_gb: float = 0.0


class ErrorOccurred(Event):
    """Something went wrong that the user should know."""

    durable = True
    severity = "error"
    told = "{e.message}"
    type: Literal["error.occurred"] = "error.occurred"
    code: str
    message: str
    retryable: bool = False
    turn_id: str = ""


class AudioProcessed(Event):
    """A sound file was transcribed or spoken."""

    durable = True
    told = "{e.seconds:.1f} s of sound {e.what}"
    type: Literal["audio.processed"] = "audio.processed"
    what: Literal["transcribed", "spoken", "rendered"]
    seconds: float
    text: str = ""


class ModelLoaded(Event):
    """An engine is ready."""

    durable = True
    told = "{e.kind} engine {e.engine} is ready"
    type: Literal["model.loaded"] = "model.loaded"
    kind: str
    engine: str
    model: str = ""
    load_ms: float = 0.0


class ModelSaved(Event):
    """A model file was written."""

    durable = True
    type: Literal["model.saved"] = "model.saved"
    name: str
    path: str


class ModelProgress(Event):
    """How a model of the store stands.

    Attributes:
        state: absent, partial, waiting, downloading, checking, installed, damaged or failed.
        done: Bytes that are there, of `total`.
        speed: Bytes a second.
        seconds_left: None where it cannot be told.
        message: What is wrong; empty if nothing is.
    """

    type: Literal["model.progress"] = "model.progress"
    model_id: str
    state: str
    done: int = 0
    total: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    message: str = ""


class ModelFailed(Event):
    """An engine could not be made ready, or a model could not be had."""

    durable = True
    severity = "error"
    told = "{e.message}"
    type: Literal["model.failed"] = "model.failed"
    kind: str
    engine: str
    code: str
    message: str


class EngineFallback(Event):
    """An engine failed or cannot run, and the next one took its place."""

    durable = True
    severity = "warning"
    told = "{e.used} instead of {e.failed}: {e.message}"
    type: Literal["engine.fallback"] = "engine.fallback"
    kind: str
    failed: str
    used: str
    message: str


class ConfigChanged(Event):
    """Settings were changed at run time; secret values are left out."""

    durable = True
    told = "settings changed: {e.keys}"
    type: Literal["config.changed"] = "config.changed"
    keys: tuple[str, ...]


class WindowRaise(Event):
    """The window should come to the front: the program was started a second time."""

    type: Literal["window.raise"] = "window.raise"


class LogLines(Event):
    """New log lines, and how many more were dropped because they came too fast."""

    type: Literal["log.lines"] = "log.lines"
    lines: tuple[LogLine, ...]
    dropped: int = 0


class BusHello(Event):
    """First thing on an event socket: the newest sequence number, and the server's version."""

    type: Literal["bus.hello"] = "bus.hello"
    last_seq: int
    version: str


class BusGap(Event):
    """Events that the client asked for are no longer kept: it should load its state anew."""

    severity = "warning"
    type: Literal["bus.gap"] = "bus.gap"
    first_missing: int
    last_missing: int


class BusDropped(Event):
    """This many ephemeral events were dropped for this client, because it is slow."""

    severity = "warning"
    type: Literal["bus.dropped"] = "bus.dropped"
    count: int


AnyEvent = Annotated[
    ChatMessageEvent
    | ChatDelta
    | ChatResponse
    | TurnStateChanged
    | TurnCaption
    | TurnTiming
    | TranscriptInterim
    | TranscriptFinal
    | PlayoutFlush
    | CharacterSwitched
    | CharacterChanged
    | TrainingStarted
    | TrainingProgress
    | TrainingCompleted
    | TrainingFailed
    | SystemStatus
    | ErrorOccurred
    | AudioProcessed
    | ModelLoaded
    | ModelSaved
    | ModelProgress
    | ModelFailed
    | EngineFallback
    | ConfigChanged
    | WindowRaise
    | LogLines
    | BusHello
    | BusGap
    | BusDropped,
    Field(discriminator="type"),
]


class Envelope(NamedTuple):
    """An event on its way: sequence number (0 for ephemeral ones), time, event."""

    seq: int
    at: float
    event: Event


class _WireEnvelope(BaseModel):
    model_config = ConfigDict(defer_build=True)
    seq: int = 0
    at: float
    event: AnyEvent


class ProtocolError(ValueError):
    """What came over a socket is not what the protocol says."""


@functools.cache
def _wire() -> TypeAdapter[_WireEnvelope]:
    return TypeAdapter(_WireEnvelope)


def encode(envelope: Envelope) -> str:
    """An envelope as one JSON text message."""
    seq, at, event = envelope
    return f'{{"seq":{seq},"at":{at:.6f},"event":{event.model_dump_json()}}}'


def decode(text: str | bytes) -> Envelope:
    """The envelope in a JSON text message.

    Raises:
        ProtocolError: The text is not JSON, or no known event.
    """
    try:
        wire = _wire().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise ProtocolError(f"not an event: {where}: {first['msg']}") from error
    return Envelope(wire.seq, wire.at, wire.event)


class MediaKind:
    """What a binary message carries."""

    SPEECH = 1
    """Character's voice: PCM16 little endian, mono, `PLAYOUT_RATE`, 20 ms."""
    AVATAR_JPEG = 2
    """Avatar frame: a JPEG picture."""
    MICROPHONE = 16
    """User's voice: PCM16 little endian, mono, 16,000 Hz, 20 ms."""
    LOUDSPEAKER = 17
    """What the client's loudspeaker plays: PCM16 little endian, mono, `PLAYOUT_RATE`."""


PLAYOUT_RATE = 48_000
MICROPHONE_RATE = 16_000
FRAME_SECONDS = 0.02
_HEADER = struct.Struct("<BBHIQ")


class MediaFrame(NamedTuple):
    """A piece of sound or picture.

    Attributes:
        kind: One of `MediaKind`.
        generation: Counts up at each flush; frames of an older one are dropped.
        pts_us: Presentation time on the session's media clock, microseconds; of what a client
            sends, a time on its own clock.
        payload: The bytes.
    """

    kind: int
    generation: int
    pts_us: int
    payload: bytes


def pack_media(frame: MediaFrame) -> bytes:
    """A media frame as one binary message: 16 bytes of header, then the payload."""
    return _HEADER.pack(frame.kind, 0, 0, frame.generation, frame.pts_us) + frame.payload


def unpack_media(message: bytes) -> MediaFrame:
    """The media frame in a binary message.

    Raises:
        ProtocolError: The message is shorter than its header.
    """
    if len(message) < _HEADER.size:
        raise ProtocolError(f"a media message has at least {_HEADER.size} bytes")
    kind, _flags, _reserved, generation, pts_us = _HEADER.unpack_from(message)
    return MediaFrame(kind, generation, pts_us, message[_HEADER.size :])


class SlowConsumerError(RuntimeError):
    """A subscriber fell so far behind that it is cut off; it should reconnect and replay."""


class Subscription:
    """One reader of the bus, with a bounded queue of its own.

    Ephemeral events are dropped from half of the bound on, and counted; a durable event that
    finds the queue full cuts the reader off.
    """

    def __init__(self, bound: int, wake: Callable[[], None], *, durable_only: bool = False) -> None:
        self._durable_only = durable_only
        self._queue: deque[Envelope] = deque()
        self._bound = bound
        self._wake = wake
        # Each counter has one writer, the bus or the reader, so that neither needs a lock.
        self._dropped = 0
        self._drops_told = 0
        self._cut_off = False

    def offer(self, envelope: Envelope) -> None:
        """Called by the bus, with its lock held."""
        if self._durable_only and not envelope.seq:
            return
        waiting = len(self._queue)
        if not envelope.seq and waiting >= self._bound // 2:
            self._dropped += 1
            return
        if waiting >= self._bound:
            self._cut_off = True
        else:
            self._queue.append(envelope)
        # Looked at after the append: the reader may have emptied the queue meanwhile.
        if len(self._queue) <= 1 or self._cut_off:
            self._wake()

    def drain(self, most: int = 500) -> list[Envelope]:
        """Take up to `most` waiting envelopes, oldest first, without blocking.

        Raises:
            SlowConsumerError: The reader was cut off.
        """
        if self._cut_off:
            raise SlowConsumerError("the reader fell behind and was cut off")
        queue = self._queue
        batch = [queue.popleft() for _ in range(min(most, len(queue)))]
        dropped = self._dropped
        if dropped > self._drops_told and not queue:
            count, self._drops_told = dropped - self._drops_told, dropped
            batch.append(Envelope(0, time.time(), BusDropped(count=count)))
        return batch

    def __len__(self) -> int:
        return len(self._queue)


class AsyncSubscription(Subscription):
    """A subscription that a coroutine can wait on."""

    def __init__(self, bound: int, loop: asyncio.AbstractEventLoop) -> None:
        self._ready = asyncio.Event()
        self._loop = loop
        super().__init__(bound, self._wake_loop)

    def _wake_loop(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)

    async def next_batch(self, most: int = 500) -> list[Envelope]:
        """Wait for events, then take up to `most` of them.

        Raises:
            SlowConsumerError: The reader was cut off.
        """
        while True:
            self._ready.clear()
            batch = self.drain(most)
            if batch:
                return batch
            await self._ready.wait()


@dataclass(frozen=True)
class Replay:
    """What a reconnecting client missed: kept events, and the numbers that are no longer kept."""

    events: list[Envelope]
    gap: tuple[int, int] | None


class EventBus:
    """Carries events from whoever publishes to whoever subscribes, in order. Thread-safe.

    Args:
        last_seq: The newest sequence number ever given out; the next durable event gets the one
            after it.
        keep: How many durable events are kept in memory for replay.
        recorded: Durable events of earlier runs to replay from, oldest first.
    """

    def __init__(
        self, *, last_seq: int = 0, keep: int = 20_000, recorded: Iterable[Envelope] = ()
    ) -> None:
        self._lock = threading.Lock()
        self._seq = last_seq
        self._kept: deque[Envelope] = deque(recorded, maxlen=keep)
        self._subscriptions: list[Subscription] = []
        self._published = 0

    @property
    def last_seq(self) -> int:
        """The newest sequence number."""
        return self._seq

    @property
    def published(self) -> int:
        """How many events were published since the start."""
        return self._published

    @property
    def subscribers(self) -> int:
        """How many readers there are."""
        return len(self._subscriptions)

    def publish(self, event: Event) -> Envelope:
        """Give the event to all subscribers. Never blocks on a slow one."""
        with self._lock:
            self._published += 1
            seq = 0
            if event.durable:
                self._seq += 1
                seq = self._seq
            envelope = Envelope(seq, time.time(), event)
            if seq:
                self._kept.append(envelope)
            for subscription in self._subscriptions:
                subscription.offer(envelope)
        return envelope

    def subscribe(self, bound: int = 8_192) -> AsyncSubscription:
        """A subscription for the running event loop."""
        return self._add(AsyncSubscription(bound, asyncio.get_running_loop()))

    def subscribe_polled(self, bound: int = 8_192, *, durable_only: bool = False) -> Subscription:
        """A subscription whose reader polls `drain`."""
        return self._add(Subscription(bound, lambda: None, durable_only=durable_only))

    def subscribe_after(self, seq: int, bound: int = 8_192) -> tuple[AsyncSubscription, Replay]:
        """A subscription together with the durable events after `seq`, without hole or overlap."""
        subscription = AsyncSubscription(bound, asyncio.get_running_loop())
        with self._lock:
            missed = [envelope for envelope in self._kept if envelope.seq > seq]
            oldest = self._kept[0].seq if self._kept else self._seq + 1
            gap = (seq + 1, oldest - 1) if 0 <= seq < oldest - 1 else None
            if seq > self._seq:
                gap = (1, self._seq)
            self._subscriptions.append(subscription)
        return subscription, Replay(missed, gap)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a reader; unknown ones are ignored."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def _add(self, subscription: S) -> S:
        with self._lock:
            self._subscriptions.append(subscription)
        return subscription
