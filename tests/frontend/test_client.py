"""The two sockets against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from config import Settings
from event_system import (
    BusGap,
    CharacterSwitched,
    ChatDelta,
    ChatResponse,
    Envelope,
    MediaKind,
    PlayoutFlush,
    TurnStateChanged,
)
from frontend.api import Api, ApiError, Backend
from frontend.audio_io import Player
from frontend.client import BACKOFF_MOST_S, Client, backoff
from frontend.metrics import Metrics
from frontend.video import FrameQueue
from tests.support.fake_backend import FakeBackend
from tests.support.window_parts import run, wait_until


class Desk:
    """A client, and what it delivered."""

    def __init__(self, settings: Settings) -> None:
        self.items: list[Any] = []
        self.states: list[str] = []
        self.player = Player(settings, Metrics(), lambda _text: None, run)
        self.frames = FrameQueue()
        self.client = Client(self._take, self.states.append, self.player, self.frames)

    def _take(self, item: Any) -> None:
        if isinstance(item, Envelope):
            self.items.append(item)
        else:
            item()

    def events(self, kind: type[Any]) -> list[Any]:
        return [item.event for item in self.items if isinstance(item.event, kind)]


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    made = Desk(settings)
    made.player.start()
    made.client.start()
    yield made
    made.client.stop()
    made.player.close()


def connect(desk: Desk, fake: FakeBackend) -> None:
    desk.client.retarget(Backend(fake.url, fake.token))
    wait_until(lambda: desk.states and desk.states[-1] == "up")


def test_a_turn_arrives_as_events_sound_and_pictures(desk: Desk, fake_backend: FakeBackend) -> None:
    connect(desk, fake_backend)
    assert desk.client.send_voice({"type": "chat.send", "text": "Hello", "turn_id": "t1"})
    wait_until(lambda: desk.events(ChatResponse))
    wait_until(lambda: not desk.player.speaking)
    written = "".join(event.text for event in desk.events(ChatDelta))
    assert written.strip() == fake_backend.script.words
    assert len(desk.events(ChatResponse)) == 1, "it came over both sockets"
    assert desk.player.buffer.started_at is not None
    assert len(desk.frames) > 0
    assert fake_backend.received[0]["text"] == "Hello"


def test_a_cancelled_turn_is_flushed(desk: Desk, fake_backend: FakeBackend) -> None:
    fake_backend.script.seconds = 5.0
    connect(desk, fake_backend)
    desk.client.send_voice({"type": "chat.send", "text": "Hello"})
    wait_until(lambda: desk.player.speaking)
    desk.client.send_voice({"type": "turn.cancel"})
    wait_until(lambda: desk.events(PlayoutFlush))
    wait_until(lambda: not desk.player.speaking)
    wait_until(lambda: desk.events(ChatResponse))
    assert desk.events(ChatResponse)[0].interrupted


def test_what_was_missed_is_replayed_after_a_crash(desk: Desk, fake_backend: FakeBackend) -> None:
    connect(desk, fake_backend)
    fake_backend.emit(CharacterSwitched(character_id=2, name="Ren"))
    wait_until(lambda: len(desk.events(CharacterSwitched)) == 1)
    fake_backend.stop()
    wait_until(lambda: desk.states[-1] == "down")
    assert not desk.client.send_voice({"type": "turn.cancel"})
    missed = CharacterSwitched(character_id=1, name="Airi")
    fake_backend.seq += 1
    fake_backend.log.append(Envelope(fake_backend.seq, 1.0, missed))
    fake_backend.start()
    wait_until(lambda: desk.states[-1] == "up")
    wait_until(lambda: len(desk.events(CharacterSwitched)) == 2)
    assert [event.name for event in desk.events(CharacterSwitched)] == ["Ren", "Airi"]


def test_another_backend_is_reached_without_a_restart(
    desk: Desk, fake_backend: FakeBackend
) -> None:
    connect(desk, fake_backend)
    with FakeBackend(token="another") as second:
        desk.client.retarget(Backend(second.url, second.token))
        wait_until(lambda: second._voices and second._events)
        wait_until(lambda: desk.states[-1] == "up")
        desk.client.send_voice({"type": "turn.cancel"})
        wait_until(lambda: second.received)


def test_a_wrong_token_never_counts_as_connected(desk: Desk, fake_backend: FakeBackend) -> None:
    desk.client.retarget(Backend(fake_backend.url, "wrong"))
    threading.Event().wait(0.4)
    assert desk.states == []


def test_unknown_and_broken_messages_are_survived(desk: Desk, fake_backend: FakeBackend) -> None:
    connect(desk, fake_backend)
    assert fake_backend.loop is not None
    for text in ('{"type": "future"}', "not json", "[]", '{"seq":0,"at":1,"event":{"type":"?"}}'):
        for waiting in fake_backend._events:
            fake_backend.loop.call_soon_threadsafe(waiting.put_nowait, text)
    fake_backend.emit(BusGap(first_missing=1, last_missing=3))
    wait_until(lambda: desk.events(BusGap))
    assert desk.states == ["up"]


def test_an_array_of_envelopes_is_unpacked(desk: Desk, fake_backend: FakeBackend) -> None:
    connect(desk, fake_backend)
    assert fake_backend.loop is not None
    one = '{"seq":0,"at":1.0,"event":{"type":"bus.dropped","count":%d}}'
    text = f"[{one % 1},{one % 2}]"
    for waiting in fake_backend._events:
        fake_backend.loop.call_soon_threadsafe(waiting.put_nowait, text)
    wait_until(lambda: sum(item.event.type == "bus.dropped" for item in desk.items) == 2)


def test_state_comes_from_the_conversation_only(desk: Desk, fake_backend: FakeBackend) -> None:
    connect(desk, fake_backend)
    desk.client.send_voice({"type": "chat.send", "text": "Hello"})
    wait_until(lambda: [e.state for e in desk.events(TurnStateChanged)][-1:] == ["idle"])
    states = [event.state for event in desk.events(TurnStateChanged)]
    assert states == ["thinking", "speaking", "idle"]


def test_stopping_takes_no_second(settings: Settings, fake_backend: FakeBackend) -> None:
    import time

    desk = Desk(settings)
    desk.client.start()
    connect(desk, fake_backend)
    began = time.monotonic()
    desk.client.stop()
    assert time.monotonic() - began < 0.6
    assert not desk.client._thread.is_alive()


def test_the_wait_doubles_up_to_a_limit() -> None:
    assert [backoff(n, 1.0) for n in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert backoff(50, 1.0) == BACKOFF_MOST_S
    assert backoff(50, 0.0) == BACKOFF_MOST_S / 2


class Calls:
    def __init__(self, backend: Backend | None) -> None:
        self.got: list[Any] = []
        self.failed: list[ApiError] = []
        self.api = Api(lambda job: job(), self.failed.append)
        self.api.retarget(backend)

    def wait(self) -> None:
        wait_until(lambda: self.got or self.failed)
        self.api.close()


def test_a_call_gives_json_or_bytes(fake_backend: FakeBackend) -> None:
    backend = Backend(fake_backend.url, fake_backend.token)
    for path, check in (
        ("/api/characters", lambda got: got[0]["name"] == "Airi"),
        ("/api/characters/1/avatar", lambda got: got[:4] == b"\x89PNG"),
    ):
        calls = Calls(backend)
        calls.api.get(path, calls.got.append)
        calls.wait()
        assert check(calls.got[0])


def test_a_refused_call_gives_the_backends_sentence(fake_backend: FakeBackend) -> None:
    calls = Calls(Backend(fake_backend.url, fake_backend.token))
    calls.api.post("/api/switch_character", {"character_id": 99}, calls.got.append)
    calls.wait()
    assert calls.failed[0].message == "There is no character 99."
    assert calls.failed[0].error_code == "not_found"


@pytest.mark.parametrize("backend", [None, Backend("http://127.0.0.1:9", "x")])
def test_a_backend_that_is_away_is_one_sentence(backend: Backend | None) -> None:
    calls = Calls(backend)
    calls.api.get("/api/health", calls.got.append)
    calls.wait()
    assert calls.failed[0].error_code == "away"
    assert calls.failed[0].retryable


def test_sound_is_sent_in_order_once_the_backend_was_told_to_listen(
    desk: Desk, fake_backend: FakeBackend
) -> None:
    connect(desk, fake_backend)
    desk.client.send_frame(bytes(640), 1.0)
    desk.client.send_voice({"type": "listen.start", "mode": "hands_free"})
    for index in range(20):
        desk.client.send_frame(bytes([index]) * 640, 1.0)
    desk.client.send_voice({"type": "listen.stop"})
    desk.client.send_frame(bytes(640), 1.0)
    wait_until(lambda: len(fake_backend.received) == 2)
    frames = fake_backend.heard
    assert [frame.payload[0] for frame in frames] == list(range(20))
    assert {frame.kind for frame in frames} == {MediaKind.MICROPHONE}


def test_what_the_loudspeaker_plays_is_told_while_the_backend_listens(
    desk: Desk, fake_backend: FakeBackend
) -> None:
    connect(desk, fake_backend)
    desk.player.on_played(bytes(1_920), 1.0)
    desk.client.send_voice({"type": "listen.start"})
    desk.player.on_played(b"\1" * 1_920, 2.5)
    desk.client.send_frame(b"\1" * 640, 2.25)
    # The desk's own loudspeaker plays silence meanwhile.
    wait_until(lambda: fake_backend.heard)
    played = [frame for frame in fake_backend.played if any(frame.payload)]
    assert played == [(MediaKind.LOUDSPEAKER, 0, 2_500_000, b"\1" * 1_920)]
    assert fake_backend.heard == [(MediaKind.MICROPHONE, 0, 2_250_000, b"\1" * 640)]


def test_a_new_connection_gets_no_sound_before_it_is_told_to_listen(
    desk: Desk, fake_backend: FakeBackend
) -> None:
    connect(desk, fake_backend)
    desk.client.send_voice({"type": "listen.start"})
    fake_backend.stop()
    wait_until(lambda: desk.states[-1] == "down")
    fake_backend.start()
    wait_until(lambda: desk.states[-1] == "up")
    desk.client.send_frame(bytes(640), 1.0)
    desk.client.send_voice({"type": "turn.cancel"})
    wait_until(lambda: {"type": "turn.cancel"} in fake_backend.received)
    assert not fake_backend.heard
