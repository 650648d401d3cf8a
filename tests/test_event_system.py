"""The event bus (order, replay, slow readers) and how events and media travel over a socket."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
from typing import Any, get_args

import pytest

import event_system
from event_system import (
    AnyEvent,
    BusDropped,
    ChatDelta,
    ConfigChanged,
    Envelope,
    Event,
    EventBus,
    LogLine,
    MediaFrame,
    MediaKind,
    ProtocolError,
    SlowConsumerError,
    Stage,
    decode,
    encode,
    pack_media,
    unpack_media,
)

EVENT_CLASSES: tuple[type[Event], ...] = get_args(get_args(AnyEvent)[0])
SAMPLES: dict[str, Any] = {
    "str": "かな — “quoted” \\ \n \u2028 😀",
    "int": 2**40,
    "float": 0.1,
    "bool": True,
    "LogLine": LogLine(at=1.5, level="INFO", source="tests", text="a\tline"),
    "Stage": Stage(name="first_token", at_ms=120.25, took_ms=95.5),
}


def sample_of(annotation: str) -> Any:
    """A value for a field of an event, telling enough that a lost or changed one is noticed."""
    inner = annotation.removeprefix("tuple[").removesuffix(", ...]")
    value = SAMPLES[inner.removesuffix(" | None")]
    return (value, value) if annotation.startswith("tuple[") else value


def filled(cls: type[Event]) -> Event:
    """An event with every field set."""
    values: dict[str, Any] = {}
    for name, info in cls.model_fields.items():
        choices = get_args(info.annotation)
        if choices and all(isinstance(choice, str) for choice in choices):
            values[name] = choices[-1]
        else:
            values[name] = sample_of(_annotation(cls, name))
    return cls(**values)


def _annotation(cls: type[Event], name: str) -> str:
    for base in cls.__mro__:
        own = inspect.get_annotations(base)
        if name in own:
            return str(own[name])
    raise AssertionError(name)


def durable(number: int) -> ConfigChanged:
    return ConfigChanged(keys=(str(number),))


def ephemeral(number: int) -> ChatDelta:
    return ChatDelta(turn_id="t", text=str(number))


def test_the_union_holds_every_event_class() -> None:
    defined = {
        one
        for one in vars(event_system).values()
        if isinstance(one, type) and issubclass(one, Event) and one is not Event
    }
    assert set(EVENT_CLASSES) == defined
    assert len({cls.model_fields["type"].default for cls in EVENT_CLASSES}) == len(EVENT_CLASSES)


@pytest.mark.parametrize("cls", EVENT_CLASSES, ids=lambda cls: cls.__name__)
def test_every_event_survives_the_wire(cls: type[Event]) -> None:
    event = filled(cls)
    sent = Envelope(7 if cls.durable else 0, 1_760_000_000.125, event)
    text = encode(sent)
    assert "\n" not in text
    got = decode(text)
    assert got == sent
    assert type(got.event) is cls
    assert decode(text.encode()) == sent
    assert got.event.summary()


def test_events_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ephemeral(1).text = "other"


def test_an_unknown_field_is_ignored_so_that_an_older_client_can_read_a_newer_server() -> None:
    text = '{"seq":0,"at":1,"event":{"type":"chat.delta","turn_id":"t","text":"x","mood":3}}'
    assert decode(text).event == ChatDelta(turn_id="t", text="x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "null",
        "[]",
        "{}",
        '{"seq":1,"at":1}',
        '{"seq":1,"at":1,"event":{}}',
        '{"seq":1,"at":1,"event":{"type":"no.such"}}',
        '{"seq":"x","at":1,"event":{"type":"window.raise"}}',
        '{"seq":1,"at":1,"event":{"type":"chat.delta","turn_id":"t"}}',
        '{"seq":1,"at":1,"event":{"type":"turn.state","state":"dancing"}}',
        b"\xff\xfe\x00",
        b"\x00" * 64,
        "[" * 5_000,
    ],
)
def test_garbage_is_a_protocol_error(text: str | bytes) -> None:
    with pytest.raises(ProtocolError, match="not an event"):
        decode(text)


@pytest.mark.parametrize(
    "frame",
    [
        MediaFrame(MediaKind.SPEECH, 0, 0, b""),
        MediaFrame(MediaKind.AVATAR_JPEG, 7, 1_234_567, b"\xff\xd8jpeg"),
        MediaFrame(MediaKind.MICROPHONE, 2**32 - 1, 2**64 - 1, bytes(640)),
    ],
)
def test_media_survives_the_wire(frame: MediaFrame) -> None:
    message = pack_media(frame)
    assert len(message) == 16 + len(frame.payload)
    assert unpack_media(message) == frame


def test_the_media_header_stands_as_the_protocol_says() -> None:
    message = pack_media(MediaFrame(2, 0x01020304, 0x1112131415161718, b"x"))
    assert message.hex(" ") == "02 00 00 00 04 03 02 01 18 17 16 15 14 13 12 11 78"


@pytest.mark.parametrize("size", [0, 1, 15])
def test_a_short_media_message_is_a_protocol_error(size: int) -> None:
    with pytest.raises(ProtocolError, match="16 bytes"):
        unpack_media(bytes(size))


def test_durable_events_are_numbered_and_ephemeral_ones_are_not() -> None:
    bus = EventBus(last_seq=41)
    seqs = [bus.publish(one).seq for one in (durable(1), ephemeral(2), durable(3), ephemeral(4))]
    assert seqs == [42, 0, 43, 0]
    assert bus.last_seq == 43
    assert bus.published == 4


def test_a_reader_gets_events_in_order() -> None:
    bus = EventBus()
    reader = bus.subscribe_polled()
    for number in range(10):
        bus.publish(durable(number) if number % 2 else ephemeral(number))
    got = reader.drain(4) + reader.drain()
    assert [_number(one) for one in got] == list(range(10))
    assert reader.drain() == []


def test_a_durable_only_reader_gets_no_ephemeral_events() -> None:
    bus = EventBus()
    reader = bus.subscribe_polled(bound=4, durable_only=True)
    for number in range(100):
        bus.publish(ephemeral(number))
    bus.publish(durable(1))
    assert [one.event for one in reader.drain()] == [durable(1)]


def test_100_000_events_from_several_threads_arrive_in_order_and_whole() -> None:
    bus = EventBus(keep=10)
    writers, each = 4, 25_000
    reader = bus.subscribe_polled(bound=200_000)

    def write(writer: int) -> None:
        for number in range(each):
            bus.publish(ConfigChanged(keys=(str(writer), str(number))))

    threads = [threading.Thread(target=write, args=(one,)) for one in range(writers)]
    for thread in threads:
        thread.start()
    got: list[Envelope] = []
    while len(got) < writers * each and (
        any(thread.is_alive() for thread in threads) or len(reader)
    ):
        got += reader.drain(5_000)
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    got += reader.drain(200_000)
    assert [one.seq for one in got] == list(range(1, writers * each + 1))
    for writer in range(writers):
        own = [one.event for one in got if one.event.keys[0] == str(writer)]  # type: ignore[attr-defined]
        assert [int(event.keys[1]) for event in own] == list(range(each))  # type: ignore[attr-defined]


async def test_a_waiting_reader_misses_nothing_while_threads_publish() -> None:
    bus = EventBus()
    reader = bus.subscribe(bound=100_000)
    total = 20_000

    def write() -> None:
        for number in range(total):
            bus.publish(durable(number))

    thread = threading.Thread(target=write)
    thread.start()
    got: list[int] = []
    while len(got) < total:
        got += [one.seq for one in await asyncio.wait_for(reader.next_batch(7), 10)]
    thread.join()
    assert got == list(range(1, total + 1))


def test_replay_gives_what_was_missed_without_hole_or_overlap() -> None:
    async def run() -> None:
        bus = EventBus()
        for number in range(1, 11):
            bus.publish(durable(number))
        reader, replay = bus.subscribe_after(6)
        bus.publish(durable(11))
        assert replay.gap is None
        live = await reader.next_batch()
        assert [one.seq for one in [*replay.events, *live]] == [7, 8, 9, 10, 11]

    asyncio.run(run())


async def test_replay_has_no_hole_while_another_thread_publishes() -> None:
    bus = EventBus()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set() and number < 50_000:
            number += 1
            bus.publish(durable(number))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _attempt in range(20):
            after = max(0, bus.last_seq - 3)
            reader, replay = bus.subscribe_after(after, bound=100_000)
            seqs = [one.seq for one in replay.events]
            while len(seqs) < 20 and (thread.is_alive() or len(reader)):
                seqs += [one.seq for one in reader.drain()]
                await asyncio.sleep(0)
            assert seqs == list(range(after + 1, after + 1 + len(seqs)))
            bus.unsubscribe(reader)
    finally:
        stop.set()
        thread.join()


async def test_what_is_no_longer_kept_is_told_as_a_gap() -> None:
    bus = EventBus(keep=5)
    for number in range(1, 21):
        bus.publish(durable(number))
    _reader, replay = bus.subscribe_after(3)
    assert replay.gap == (4, 15)
    assert [one.seq for one in replay.events] == [16, 17, 18, 19, 20]
    _reader, replay = bus.subscribe_after(15)
    assert replay.gap is None
    assert [one.seq for one in replay.events] == [16, 17, 18, 19, 20]


async def test_a_reader_from_the_future_is_told_to_load_anew() -> None:
    bus = EventBus(last_seq=10)
    _reader, replay = bus.subscribe_after(500)
    assert replay.gap is not None
    assert replay.events == []


async def test_events_of_the_last_run_can_be_replayed() -> None:
    recorded = [Envelope(seq, 1.0, durable(seq)) for seq in (8, 9, 10)]
    bus = EventBus(last_seq=10_010, recorded=recorded)
    assert bus.publish(durable(1)).seq == 10_011
    _reader, replay = bus.subscribe_after(8)
    assert [one.seq for one in replay.events] == [9, 10, 10_011]
    assert replay.gap is None


async def test_a_reader_that_falls_behind_is_cut_off_and_others_are_not() -> None:
    bus = EventBus()
    slow, quick = bus.subscribe(bound=10), bus.subscribe(bound=1_000)
    for number in range(11):
        bus.publish(durable(number))
    with pytest.raises(SlowConsumerError):
        await slow.next_batch()
    assert len(await quick.next_batch()) == 11


async def test_a_waiting_reader_is_woken_to_be_cut_off() -> None:
    bus = EventBus()
    reader = bus.subscribe(bound=2)
    waiting = asyncio.create_task(reader.next_batch())
    await asyncio.sleep(0)
    for number in range(4):
        bus.publish(durable(number))
    with pytest.raises(SlowConsumerError):
        await asyncio.wait_for(waiting, 2)


def test_dropped_ephemeral_events_are_counted_and_told_after_what_waits() -> None:
    bus = EventBus()
    reader = bus.subscribe_polled(bound=10)
    for number in range(30):
        bus.publish(ephemeral(number))
    bus.publish(durable(99))
    assert [_number(one) for one in reader.drain(5)] == [0, 1, 2, 3, 4]
    rest = reader.drain()
    assert rest[0].event == durable(99)
    assert rest[1].event == BusDropped(count=25)
    assert rest[1].seq == 0
    assert reader.drain() == []
    bus.publish(ephemeral(1))
    assert len(reader.drain()) == 1


def test_dropped_events_are_counted_right_across_threads() -> None:
    bus = EventBus()
    reader = bus.subscribe_polled(bound=8)
    total = 20_000

    def write() -> None:
        for number in range(total):
            bus.publish(ephemeral(number))

    thread = threading.Thread(target=write)
    thread.start()
    got: list[Envelope] = []
    while thread.is_alive():
        got += reader.drain()
    got += reader.drain() + reader.drain()
    dropped = sum(one.event.count for one in got if isinstance(one.event, BusDropped))
    kept = [_number(one) for one in got if isinstance(one.event, ChatDelta)]
    assert kept == sorted(kept)
    assert len(kept) + dropped == total


def test_an_unsubscribed_reader_gets_nothing_more() -> None:
    bus = EventBus()
    reader = bus.subscribe_polled()
    assert bus.subscribers == 1
    bus.unsubscribe(reader)
    bus.unsubscribe(reader)
    assert bus.subscribers == 0
    bus.publish(durable(1))
    assert reader.drain() == []


def test_publishing_after_the_readers_loop_has_closed_does_no_harm() -> None:
    bus = EventBus()

    async def subscribe() -> None:
        bus.subscribe()

    asyncio.run(subscribe())
    assert bus.publish(durable(1)).seq == 1


def test_a_batch_of_envelopes_is_valid_json() -> None:
    texts = [encode(Envelope(1, 2.5, durable(3))), encode(Envelope(0, 2.5, ephemeral(4)))]
    batch = json.loads("[" + ",".join(texts) + "]")
    assert [one["event"]["type"] for one in batch] == ["config.changed", "chat.delta"]


def _number(envelope: Envelope) -> int:
    event = envelope.event
    return int(event.keys[0] if isinstance(event, ConfigChanged) else event.text)  # type: ignore[attr-defined]
