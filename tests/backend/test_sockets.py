"""Both sockets against a real server: replay, media, barge-in, slow clients and bad messages."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.errors import EngineError
from event_system import ConfigChanged, LogLine, LogLines, MediaFrame, MediaKind
from tests.backend.conftest import TOKEN
from tests.support.fake_engines import Fault
from tests.support.live_backend import LiveBackend, Talk, frozen_client

COUNTING = ["one two three four five six seven eight nine ten."]


@pytest.fixture
def live(app: Starlette) -> Iterator[LiveBackend]:
    with LiveBackend(app, TOKEN) as backend:
        yield backend


def durable(live: LiveBackend, *numbers: int) -> None:
    for number in numbers:
        live.room.bus.publish(ConfigChanged(keys=(str(number),)))


async def events_of(socket: Any, count: int) -> list[dict[str, Any]]:
    """The next durable envelopes, out of single messages and batches; the load is left out."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        batch = message if isinstance(message, list) else [message]
        found += [one for one in batch if one["event"]["type"] == "config.changed"]
    return found


async def hello_of(socket: Any) -> dict[str, Any]:
    envelope = json.loads(await asyncio.wait_for(socket.recv(), 10))
    assert envelope["event"]["type"] == "bus.hello"
    assert envelope["seq"] == 0
    event: dict[str, Any] = envelope["event"]
    return event


async def answer_of(socket: Any, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        for one in message if isinstance(message, list) else [message]:
            if one["event"]["type"] == kind:
                event: dict[str, Any] = one["event"]
                return event


async def test_the_first_event_is_hello_and_what_happens_follows(live: LiveBackend) -> None:
    async with live.socket("/ws/events") as socket:
        hello = await hello_of(socket)
        assert hello["last_seq"] == live.room.bus.last_seq
        durable(live, 1, 2)
        seqs = [one["seq"] for one in await events_of(socket, 2)]
        assert seqs == [hello["last_seq"] + 1, hello["last_seq"] + 2]


async def test_a_client_that_reconnects_gets_what_it_missed(live: LiveBackend) -> None:
    async with live.socket("/ws/events") as socket:
        last = (await hello_of(socket))["last_seq"]
    durable(live, *range(1_200))
    async with live.socket(f"/ws/events?after={last + 3}") as socket:
        assert (await hello_of(socket))["last_seq"] == last + 1_200
        missed = await events_of(socket, 1_197)
        durable(live, 9_999)
        missed += await events_of(socket, 1)
    assert [one["seq"] for one in missed] == list(range(last + 4, last + 1_202))


async def test_what_is_no_longer_kept_is_told(live: LiveBackend) -> None:
    bus = live.room.bus
    bus._kept = type(bus._kept)(maxlen=5)
    start = bus.last_seq
    durable(live, *range(10))
    async with live.socket(f"/ws/events?after={start}") as socket:
        await hello_of(socket)
        gap = await answer_of(socket, "bus.gap")
        assert (gap["first_missing"], gap["last_missing"]) == (start + 1, start + 5)


@pytest.mark.parametrize(
    "message", ["", "garbage", "[]", '{"type": "dance"}', b"\x00\xff", "[" * 9_000]
)
async def test_garbage_is_answered_and_the_socket_goes_on(
    live: LiveBackend, message: str | bytes
) -> None:
    async with live.socket("/ws/events") as socket:
        await socket.send('{"type": "ping"}')
        await socket.send(message)
        assert (await answer_of(socket, "error.occurred"))["code"] == "protocol"
        durable(live, 5)
        assert (await events_of(socket, 1))[0]["event"]["keys"] == ["5"]


@pytest.mark.parametrize("path", ["/ws/events", "/ws/voice", "/voice-chat"])
async def test_without_the_token_nothing_is_accepted(live: LiveBackend, path: str) -> None:
    for broken in ({}, {"Authorization": "Bearer no"}, {**live.headers, "Origin": "http://evil"}):
        connecting = live.socket(path)
        connecting.additional_headers = broken
        with pytest.raises(InvalidStatus) as caught:
            await connecting
        assert caught.value.response.status_code == 403


async def test_the_token_may_stand_in_a_sockets_address(live: LiveBackend) -> None:
    connecting = live.socket(f"/ws/events?token={TOKEN}")
    connecting.additional_headers = {}
    async with connecting as socket:
        await hello_of(socket)


async def test_a_client_that_does_not_read_is_cut_off_and_slows_no_other(
    live: LiveBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.routes.sockets.SEND_TIMEOUT_S", 0.5)
    before = live.room.bus.subscribers
    frozen = frozen_client(live.port, "/ws/events", TOKEN)
    lines = tuple(LogLine(at=0.0, level="INFO", source="x", text="y" * 500) for _ in range(100))
    async with live.socket("/ws/events") as quick:
        await hello_of(quick)
        for number in range(300):
            live.room.bus.publish(LogLines(lines=lines))
            durable(live, number)
            if number % 20 == 0:
                await asyncio.sleep(0)
        got = await events_of(quick, 300)
        assert [one["event"]["keys"] for one in got] == [[str(n)] for n in range(300)]
        deadline = time.monotonic() + 10
        while live.room.bus.subscribers > before + 1:
            assert time.monotonic() < deadline, "the frozen client still stands in the list"
            await asyncio.sleep(0.02)
    frozen.close()


async def test_a_turn_gives_text_sound_and_pictures(live: LiveBackend, model: Fault) -> None:
    model.script = ["I am Ren. ", "Nice to meet you."]
    async with live.socket("/ws/voice") as socket:
        talk = Talk(socket)
        ready = await talk.next()
        assert isinstance(ready, dict)
        assert ready["type"] == "session.ready"
        assert set(ready) == {
            "type", "session", "character_id", "state", "rate", "fps", "size", "generation",
            "media_us",
        }  # fmt: skip
        assert (ready["session"], ready["rate"], ready["generation"]) == ("main", 48_000, 0)
        await talk.send(type="chat.send", text="Hello, who are you?", turn_id="mine-1")
        response = await talk.until("chat.response")
        await talk.until("turn.state", state="idle")
    speech, pictures = talk.media(MediaKind.SPEECH), talk.media(MediaKind.AVATAR_JPEG)
    assert {len(frame.payload) for frame in speech} == {1920}
    steps = np.diff([frame.pts_us for frame in speech])
    assert steps.min() == 20_000
    # The second sentence follows at once, unless the machine is too slow to have it ready.
    assert np.count_nonzero(steps != 20_000) <= 1
    assert len(pictures) > 3
    assert all(frame.payload.startswith(b"\xff\xd8") for frame in pictures)
    assert [one["text"] for one in talk.messages("turn.caption")] == [
        "I am Ren.", "Nice to meet you.",
    ]  # fmt: skip
    assert response["turn_id"] == "mine-1"
    assert [one["name"] for one in response["stages"]] == [
        "received", "first_token", "first_sentence", "first_audio", "first_frame",
    ]  # fmt: skip
    timings = [one["stage"]["name"] for one in talk.messages("turn.timing")]
    assert timings == [one["name"] for one in response["stages"]]
    assert [one["state"] for one in talk.messages("turn.state")] == ["thinking", "speaking", "idle"]


async def test_stopping_flushes_and_only_what_was_heard_is_kept(
    live: LiveBackend, model: Fault
) -> None:
    model.script = COUNTING
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        await talk.send(type="chat.send", text="Count")
        await talk.until_speech(25)
        await talk.send(type="turn.cancel")
        flush = await talk.until("playout.flush")
        assert flush["generation"] == 1
        response = await talk.until("chat.response")
        assert response["interrupted"]
        flushed = len(talk.got)
        await talk.send(type="speak", text="Again")
        await talk.until_speech(3)
        await talk.send(type="turn.cancel")
        await talk.until("turn.state", state="idle")
    later = [one for one in talk.got[flushed:] if isinstance(one, MediaFrame)]
    assert later
    assert {frame.generation for frame in later} == {1}
    row = live.room.history.page(1, 1)[0]
    assert row.character_response == response["heard"]
    assert 1 <= len(row.character_response.split()) <= 9
    assert COUNTING[0].startswith(row.character_response)


async def test_a_new_message_interrupts(live: LiveBackend, model: Fault) -> None:
    model.script = COUNTING
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        await talk.send(type="chat.send", text="Count", turn_id="a")
        await talk.until_speech(5)
        await talk.send(type="chat.send", text="Stop", turn_id="b")
        assert (await talk.until("chat.response"))["turn_id"] == "a"
        await talk.send(type="turn.cancel")
        second = await talk.until("chat.response")
        assert (second["turn_id"], second["interrupted"]) == ("b", True)


async def test_messages_in_one_breath_end_in_peace(live: LiveBackend, model: Fault) -> None:
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        for number in range(5):
            await talk.send(type="chat.send", text=f"m{number}", turn_id=f"t{number}")
            await talk.send(type="turn.cancel")
        await talk.send(type="ping", t=1)
        await talk.until("pong")
        assert len(talk.messages("chat.response")) == 5
        assert talk.messages("turn.state")[-1]["state"] == "idle"
        assert live.room.sessions["main"].state == "idle"


async def test_all_clients_of_a_session_hear_the_same(live: LiveBackend, model: Fault) -> None:
    async with live.socket("/ws/voice?video=0") as one, live.socket("/ws/voice?video=0") as two:
        first, second = Talk(one), Talk(two)
        await second.next()
        await first.send(type="chat.send", text="Hi")
        for talk in (first, second):
            await talk.until("turn.state", state="idle")
    assert first.media(MediaKind.SPEECH) == second.media(MediaKind.SPEECH)
    assert first.media(MediaKind.SPEECH)


async def test_a_client_takes_what_it_asks_for(live: LiveBackend, model: Fault) -> None:
    async with (
        live.socket("/ws/voice") as whole,
        live.socket("/ws/voice?audio=0&video=0&events=0") as bare,
    ):
        talk, silent = Talk(whole), Talk(bare)
        await silent.next()
        await talk.send(type="chat.send", text="Hi")
        await talk.until("turn.state", state="idle")
        await talk.send(type="chat.send", text="Hi")
        await talk.until_speech(2)
        await talk.send(type="turn.cancel")
        assert (await silent.next())["type"] == "playout.flush"  # type: ignore[index]
        await silent.send(type="dance")
        assert (await silent.next())["type"] == "error.occurred"  # type: ignore[index]


async def test_ping_tells_the_media_clock(live: LiveBackend) -> None:
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        ready = await talk.next()
        await talk.send(type="ping", t=1.5)
        pong = await talk.until("pong")
        assert pong["t"] == 1.5
        assert pong["media_us"] >= ready["media_us"]  # type: ignore[index]


BAD_MESSAGES = [
    "", "garbage", "[]", "null", "5", '"text"', "{}", '{"type": 5}', '{"type": "dance"}',
    '{"type": ["ping"]}', '{"type": "chat.send"}', '{"type": "chat.send", "text": 5}',
    '{"type": "chat.send", "text": ""}', '{"type": "chat.send", "text": " \\n "}',
    '{"type": "chat.send", "text": "\\u0000\\u0001binary"}',
    '{"type": "chat.send", "text": "Hi", "turn_id": 5}',
    '{"type": "chat.send", "text": "Hi", "turn_id": "no spaces allowed"}',
    json.dumps({"type": "chat.send", "text": "x" * 100_000}),
    '{"type": "speak", "text": null}', '{"type": "expression"}',
    '{"type": "expression", "emotion": "hangry"}', '{"type": "expression", "emotion": ["happy"]}',
    '{"type": "expression", "emotion": {"a": 1}}', b"", b"\x10", bytes(656), "[" * 5_000,
]  # fmt: skip


async def test_bad_messages_are_answered_in_one_sentence_and_the_socket_goes_on(
    live: LiveBackend, model: Fault
) -> None:
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        for message in BAD_MESSAGES:
            await socket.send(message)
            error = await talk.until("error.occurred")
            assert error["message"].endswith("."), message
            assert "\n" not in error["message"]
        await talk.send(type="chat.send", text="😀🎉")
        assert (await talk.until("chat.response"))["text"] == "Fine."
    assert model.requests[-1].messages[-1].content == "😀🎉"
    assert len(live.room.history.page(1, 50)) == 1


async def test_an_expression_is_shown(live: LiveBackend) -> None:
    async with live.socket("/ws/voice") as socket:
        talk = Talk(socket)
        await talk.send(type="expression", emotion="happy")
        await talk.send(type="ping")
        await talk.until("pong")
        assert talk.messages("error.occurred") == []
        assert live.room.sessions["main"].stage._expression[0] == "happy"


async def test_three_sessions_talk_and_the_fourth_is_refused(live: LiveBackend) -> None:
    async with (
        live.socket("/ws/voice?session=a") as a,
        live.socket("/ws/voice?session=b") as b,
        live.socket("/ws/voice?session=c") as c,
    ):
        for socket in (a, b, c):
            assert (await Talk(socket).next())["type"] == "session.ready"  # type: ignore[index]
        async with live.socket("/ws/voice?session=d") as fourth:
            talk = Talk(fourth)
            assert "3 conversations" in (await talk.until("error.occurred"))["message"]
            with pytest.raises(ConnectionClosed) as caught:
                await talk.next()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4429
        await b.close()
        deadline = time.monotonic() + 10
        while "b" in live.room.sessions:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        async with live.socket("/ws/voice?session=d") as fourth:
            assert (await Talk(fourth).next())["type"] == "session.ready"  # type: ignore[index]


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "../x", "%00"])
async def test_a_sessions_name_is_checked(live: LiveBackend, name: str) -> None:
    async with live.socket(f"/ws/voice?session={name.replace(' ', '%20')}") as socket:
        assert "session's name" in (await Talk(socket).until("error.occurred"))["message"]
    assert live.room.sessions == {}


async def test_switching_the_character_in_the_middle_of_a_turn(
    live: LiveBackend, model: Fault
) -> None:
    model.script = COUNTING
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        await talk.send(type="chat.send", text="Count")
        await talk.until_speech(5)
        await asyncio.to_thread(live.call, live.room.switch_character(2))
        assert (await talk.until("chat.response"))["interrupted"]
        model.script = ["Hello."]
        await talk.send(type="chat.send", text="Who is there?")
        response = await talk.until("chat.response")
        assert response["character_id"] == 2


async def test_the_models_trouble_is_one_sentence_and_the_talk_goes_on(
    live: LiveBackend, model: Fault, voice: Fault
) -> None:
    model.script = ["Once upon a time. ", EngineError("The model went away.")]
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        await talk.send(type="chat.send", text="Hi", turn_id="t1")
        error = await talk.until("error.occurred")
        assert (error["message"], error["turn_id"]) == ("The model went away.", "t1")
        model.script = ["Here again."]
        await talk.send(type="chat.send", text="Hi")
        assert (await talk.until("chat.response"))["text"] == "Here again."
    assert [one.text for one in voice.requests] == ["Once upon a time.", "Here again."]


async def test_a_voice_client_that_does_not_read_slows_no_other(
    live: LiveBackend, model: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.routes.sockets.SEND_TIMEOUT_S", 0.3)
    monkeypatch.setattr("backend.routes.voice.MAX_WAITING", 20)
    model.script = [COUNTING[0] + " "] * 2
    frozen = frozen_client(live.port, "/ws/voice?video=0", TOKEN)
    async with live.socket("/ws/voice?video=0") as socket:
        talk = Talk(socket)
        await talk.send(type="chat.send", text="Count")
        await talk.until("turn.state", state="idle")
        pts = [frame.pts_us for frame in talk.media(MediaKind.SPEECH)]
        assert np.diff(pts).tolist() == [20_000] * (len(pts) - 1)
        assert len(pts) == 100
    frozen.close()
