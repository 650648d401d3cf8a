"""A voice session: its turns, barge-in, what is heard and kept, and who watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.errors import BadInputError, BusyError, EngineError, NotFoundError, TooLargeError
from database import ChatLog
from event_system import FRAME_SECONDS, PLAYOUT_RATE
from tests.support.settings import make_settings
from tests.support.voice_room import VoiceRoom, open_voice_room
from tests.support.waiting import until

FRAME_US = round(FRAME_SECONDS * 1e6)


@pytest.fixture
async def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VoiceRoom]:
    settings = make_settings(tmp_path, monkeypatch, avatar_fps=20)
    made = open_voice_room(settings, monkeypatch)
    yield made
    await made.room.close()


def chat(stand: VoiceRoom) -> list[ChatLog]:
    return stand.room.history.page(stand.room.characters.active().id, 50)


async def test_a_turn_is_told_heard_seen_and_kept(stand: VoiceRoom) -> None:
    stand.model.script = ["I am Ren. ", "I am happy to meet you!"]
    client = await stand.join()
    session = await stand.room.session("main")
    turn_id = await session.send("Hello, who are you?")
    await session.finished()
    kinds = [event.type for event in client.got if hasattr(event, "type")]
    states = [event.state for event in client.events("turn.state")]
    assert states == ["thinking", "speaking", "idle"]
    assert kinds.index("chat.message") < kinds.index("chat.delta") < kinds.index("chat.response")
    captions = client.events("turn.caption")
    assert [one.text for one in captions] == ["I am Ren.", "I am happy to meet you!"]
    (response,) = client.events("chat.response")
    assert response.turn_id == turn_id
    assert response.text == response.heard == "I am Ren. I am happy to meet you!"
    assert (response.interrupted, response.emotion, response.engine) == (False, "happy", "model")
    names = [stage.name for stage in response.stages]
    assert names == ["received", "first_token", "first_sentence", "first_audio", "first_frame"]
    assert response.slowest in names
    (row,) = chat(stand)
    assert (row.user_message, row.character_response) == ("Hello, who are you?", response.text)
    assert [one["name"] for one in row.stages] == names


async def test_sound_leaves_in_20_ms_frames_on_one_clock(stand: VoiceRoom) -> None:
    stand.model.script = ["One two three. ", "Four five six."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Hi")
    await session.finished()
    assert {len(frame.payload) for frame in client.speech} == {1920}
    pts = [frame.pts_us for frame in client.speech]
    assert np.diff(pts).tolist() == [FRAME_US] * (len(pts) - 1)
    seconds = sum(0.1 * len(request.text.split()) for request in stand.voice.requests)
    assert len(pts) == round(seconds / FRAME_SECONDS)
    assert pts[-1] / 1e6 <= session.stage.media_time
    sound = np.frombuffer(b"".join(frame.payload for frame in client.speech), "<i2")
    assert abs(int(np.abs(sound).max()) - 9_000) < 50


async def test_pictures_move_with_the_voice(stand: VoiceRoom) -> None:
    stand.model.script = ["Aaa aaa aaa aaa aaa aaa."]
    client = await stand.join()
    session = await stand.room.session("main")
    await until(lambda: client.pictures)
    await session.send("Hi")
    await session.finished()
    assert len(client.pictures) >= 5
    pts = [frame.pts_us for frame in client.pictures]
    assert pts == sorted(set(pts))
    spoken = range(client.speech[0].pts_us + 150_000, client.speech[-1].pts_us - 150_000)
    mouths = [darkness(one.payload) for one in client.pictures if one.pts_us in spoken]
    at_rest = darkness(client.pictures[0].payload)
    assert mouths
    assert min(mouths) > at_rest + 0.05


def darkness(jpeg: bytes) -> float:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return float((picture < 60).mean())


async def test_nobody_watching_costs_no_pictures_and_the_turn_is_kept(stand: VoiceRoom) -> None:
    session = await stand.room.session("main")
    await session.send("Hi")
    await session.finished()
    assert session.stage.measured_fps == 0
    assert chat(stand)[0].character_response == "Fine."


async def test_cancelling_keeps_the_words_that_were_heard(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Count")
    await until(lambda: len(client.speech) >= 25)
    assert await session.cancel()
    (flush,) = client.events("playout.flush")
    assert flush.generation == session.stage.generation == 1
    (response,) = client.events("chat.response")
    assert response.interrupted
    assert response.text.startswith(response.heard)
    words = len(response.heard.split())
    sent = len(client.speech) * FRAME_SECONDS / 0.1
    assert 1 <= words <= sent, "no more than was sent"
    assert words >= sent - 4, "about what was sent less the clients' buffer"
    (row,) = chat(stand)
    assert row.interrupted
    assert row.character_response == response.heard
    assert row.written == stand.model.script[0]
    assert session.state == "idle"


async def test_no_sound_of_the_old_generation_follows_a_flush(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Count")
    await until(lambda: len(client.speech) >= 10)
    await session.cancel()
    await session.send("Again")
    await until(lambda: any(frame.generation == 1 for frame in client.speech))
    flush = client.got.index(client.events("playout.flush")[0])
    later = [one for one in client.got[flush:] if hasattr(one, "generation")]
    assert all(one.generation >= 1 for one in later)
    pts = [frame.pts_us for frame in client.speech]
    assert pts == sorted(pts)
    await session.cancel()


async def test_cancelling_with_nothing_to_cancel_does_nothing(stand: VoiceRoom) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    assert not await session.cancel()
    assert client.events("playout.flush", "chat.response") == []


async def test_cancelling_before_the_first_word_keeps_the_message(stand: VoiceRoom) -> None:
    stand.model.script = [60.0, "Never."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Hello?")
    await until(lambda: stand.model.requests)
    assert await session.cancel()
    assert stand.model.closed == 1
    (row,) = chat(stand)
    assert (row.user_message, row.character_response, row.interrupted) == ("Hello?", "", True)
    assert client.events("turn.state")[-1].state == "idle"


async def test_a_turn_that_is_cancelled_at_once_ends_like_any_other(stand: VoiceRoom) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    for _attempt in range(3):
        await session.send("Hello?")
        assert await session.cancel()
        assert session.state == "idle"
    assert [one.interrupted for one in client.events("chat.response")] == [True] * 3
    states = [one.state for one in client.events("turn.state") if one.state != "speaking"]
    assert states == ["thinking", "idle"] * 3
    await session.speak("Hello!")
    assert await session.cancel()
    assert session.state == "idle"


async def test_a_new_message_interrupts_the_running_turn(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    first = await session.send("Count")
    await until(lambda: len(client.speech) >= 10)
    stand.model.script = ["Stopped."]
    second = await session.send("Stop")
    await session.finished()
    responses = client.events("chat.response")
    assert [(one.turn_id, one.interrupted) for one in responses] == [(first, True), (second, False)]
    kinds = [one for one in client.got if getattr(one, "turn_id", "") in (first, second)]
    after = kinds.index(next(one for one in kinds if one.turn_id == second))  # type: ignore[union-attr]
    assert all(one.turn_id == second for one in kinds[after:])  # type: ignore[union-attr]
    assert [row.user_message for row in chat(stand)] == ["Count", "Stop"]


async def test_many_messages_at_once_leave_one_answer_and_lose_none(stand: VoiceRoom) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    await asyncio.gather(*(session.send(f"m{number}") for number in range(8)))
    await session.finished()
    assert session.state == "idle"
    assert len(chat(stand)) == 8
    assert sum(not one.interrupted for one in client.events("chat.response")) == 1


async def test_a_caller_that_goes_away_does_not_end_what_it_interrupts(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Count")
    await until(lambda: len(client.speech) >= 5)
    caller = asyncio.create_task(session.cancel())
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await until(lambda: session.state == "idle")
    assert len(client.events("chat.response")) == 1


async def test_speaking_needs_no_model_and_no_place_in_the_chat(stand: VoiceRoom) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    await session.speak("Good evening, chat!")
    await session.finished()
    assert client.speech
    assert [one.text for one in client.events("turn.caption")] == ["Good evening, chat!"]
    assert client.events("chat.message", "chat.response") == []
    assert chat(stand) == []
    assert client.events("turn.state")[-1].state == "idle"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", BadInputError, "empty"),
        (" \n\t ", BadInputError, "empty"),
        ("\u200b\u200d", BadInputError, "empty"),
        ("x" * 100_000, TooLargeError, "100,000 characters"),
        ("\x00\x01\x02PNG\x00", BadInputError, "binary"),
        ("\ufffd" * 40, BadInputError, "binary"),
    ],
)
async def test_a_message_that_cannot_be_used_changes_nothing(
    stand: VoiceRoom, text: str, error: type[Exception], said: str
) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    for call in (session.send, session.speak):
        with pytest.raises(error, match=said):
            await call(text)
    assert client.got == []
    assert chat(stand) == []


async def test_an_emoji_is_a_message(stand: VoiceRoom) -> None:
    session = await stand.room.session("main")
    await session.send("😀🎉")
    await session.finished()
    assert chat(stand)[0].user_message == "😀🎉"
    assert chat(stand)[0].character_response == "Fine."


async def test_an_answer_of_emoji_is_shown_and_not_spoken(stand: VoiceRoom) -> None:
    stand.model.script = ["😀🎉"]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Hi")
    await session.finished()
    assert client.speech == []
    assert client.events("chat.response")[0].text == "😀🎉"


@pytest.mark.parametrize(
    ("script", "heard"),
    [
        ([EngineError("The model is away.")], ""),
        (["Once upon a time. ", EngineError("The model is away.")], "Once upon a time."),
    ],
)
async def test_a_model_that_fails_is_told_in_one_sentence_and_never_spoken(
    stand: VoiceRoom, script: list[object], heard: str
) -> None:
    stand.model.script = script
    client = await stand.join()
    session = await stand.room.session("main")
    turn_id = await session.send("Hi")
    await session.finished()
    (error,) = client.events("error.occurred")
    assert (error.message, error.turn_id) == ("The model is away.", turn_id)
    assert " ".join(request.text for request in stand.voice.requests) == heard
    assert chat(stand)[0].character_response == heard
    assert session.state == "idle"
    stand.model.script = ["Here again."]
    await session.send("And now?")
    await session.finished()
    assert chat(stand)[-1].character_response == "Here again."


async def test_a_bug_ends_the_turn_and_not_the_session(
    stand: VoiceRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await stand.join()
    session = await stand.room.session("main")
    with monkeypatch.context() as broken:
        broken.setattr("backend.conversation.turn.make_segment", lambda *_: 1 / 0)
        await session.send("Hi")
        await session.finished()
        assert "ZeroDivisionError" in client.events("error.occurred")[0].message
        assert session.state == "idle"
        await session.speak("Hi")
        await session.finished()
        assert len(client.events("error.occurred")) == 2
        assert session.state == "idle"
    await session.send("Again")
    await session.finished()
    assert client.speech


async def test_a_used_turn_id_is_refused(stand: VoiceRoom) -> None:
    session = await stand.room.session("main")
    await session.send("Hi", turn_id="mine")
    await session.finished()
    with pytest.raises(BadInputError, match="turn_id"):
        await session.send("Hi", turn_id="mine")
    assert len(chat(stand)) == 1


async def test_the_windows_own_conversation_always_has_a_place(stand: VoiceRoom) -> None:
    for name in "abc":
        await stand.room.session(name)
    with pytest.raises(BusyError, match="wait until one ends") as refused:
        await stand.room.session("d")
    assert refused.value.retryable
    assert (await stand.room.session("main")).name == "main"


async def test_three_sessions_and_no_fourth(stand: VoiceRoom) -> None:
    names = ["main", "a", "b", "c", "d"]
    results = await asyncio.gather(
        *(stand.room.session(name) for name in names), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, BusyError)]
    # The main one comes in even as the fourth.
    assert len(stand.room.sessions) == 5 - len(refused) <= 4
    assert len(stand.room.sessions.keys() - {"main"}) <= 3
    with pytest.raises(BusyError, match="3 conversations are running"):
        await stand.room.session("e")
    # Which three come first is up to the threads that look the character up.
    made = {one.name: one for one in results if not isinstance(one, BaseException)}
    for name, session in made.items():
        assert await stand.room.session(name) is session


async def test_a_session_ends_with_its_last_client_and_the_main_one_stays(
    stand: VoiceRoom,
) -> None:
    client = await stand.join("other")
    other, main = await stand.room.session("other"), await stand.room.session("main")
    await stand.room.release(other)
    assert "other" in stand.room.sessions, "somebody watches"
    await other.leave(client)
    await stand.room.release(other)
    await stand.room.release(main)
    assert list(stand.room.sessions) == ["main"]


async def test_sessions_talk_at_the_same_time(stand: VoiceRoom) -> None:
    clients = [await stand.join(name) for name in ("main", "a", "b")]
    sessions = [await stand.room.session(name) for name in ("main", "a", "b")]
    for number, session in enumerate(sessions):
        await session.send(f"Hi {number}")
    await asyncio.gather(*(session.finished() for session in sessions))
    for number, client in enumerate(clients):
        assert client.speech
        (message,) = client.events("chat.message")
        assert message.text == f"Hi {number}"


async def test_another_character_takes_the_stage(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    first, second = stand.room.characters.all()[:2]
    await session.send("Count")
    await until(lambda: len(client.speech) >= 5)
    reader = stand.room.bus.subscribe_polled()
    await stand.room.switch_character(second.id)
    assert client.events("chat.response")[0].interrupted
    assert session.character.id == second.id
    assert stand.room.characters.active().id == second.id
    told = [one.event for one in reader.drain()]
    assert told[-1].type == "character.switched"
    stand.model.script = ["Hello."]
    await session.send("Hi")
    await session.finished()
    assert stand.model.requests[-1].persona.name == second.name
    assert [row.user_message for row in stand.room.history.page(first.id, 9)] == ["Count"]
    assert [row.user_message for row in stand.room.history.page(second.id, 9)] == ["Hi"]


async def test_an_unknown_character_leaves_the_old_one(stand: VoiceRoom) -> None:
    session = await stand.room.session("main")
    before = session.character.id
    with pytest.raises(NotFoundError, match="999"):
        await stand.room.switch_character(999)
    assert session.character.id == before


async def test_the_next_turn_knows_what_was_heard_of_the_last(stand: VoiceRoom) -> None:
    stand.model.script = ["one two three four five six seven eight nine ten."]
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Count")
    await until(lambda: len(client.speech) >= 25)
    await session.cancel()
    heard = client.events("chat.response")[0].heard
    await session.send("What was that?")
    await until(lambda: len(stand.model.requests) == 2)
    await session.cancel()
    messages = stand.model.requests[-1].messages
    assert [one.content for one in messages if one.role == "assistant"][-1].startswith(heard)
    assert "ten" not in [one.content for one in messages if one.role == "assistant"][-1]
    assert messages[-1].content == "What was that?"


async def test_what_is_written_down_cannot_fail_silently(
    stand: VoiceRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    from database import DatabaseError

    client = await stand.join()
    session = await stand.room.session("main")

    def full(*_args: object) -> None:
        raise DatabaseError("The disk is full.")

    monkeypatch.setattr(stand.room.history, "finish", full)
    await session.send("Hi")
    await session.finished()
    assert client.events("error.occurred")[0].message == "The disk is full."
    assert client.events("chat.response")[0].text == "Fine."
    assert session.state == "idle"
    monkeypatch.setattr(stand.room.history, "begin", full)
    with pytest.raises(DatabaseError):
        await session.send("Hi")
    assert session.state == "idle"


async def test_settings_of_the_avatar_recast_running_sessions(stand: VoiceRoom) -> None:
    session = await stand.room.session("main")
    before = session.stage.puppet
    await stand.room.change_settings({"avatar_fps": 10})
    assert session.stage.fps == 10
    assert session.stage.puppet is not before
    assert stand.room.settings.avatar_fps == 10


async def test_settings_that_change_at_the_same_time_are_all_kept(stand: VoiceRoom) -> None:
    await asyncio.gather(
        *(
            stand.room.change_settings({key: value})
            for key, value in {
                "theme": "light",
                "blocked_words": "fudge",
                "llm_max_tokens": 77,
                "ollama_model": "m",
                "first_start": False,
                "output_volume": 0.5,
            }.items()
        )
    )
    now = stand.room.settings
    assert (now.theme, now.blocked_words, now.llm_max_tokens) == ("light", "fudge", 77)
    assert (now.ollama_model, now.first_start, now.output_volume) == ("m", False, 0.5)


def test_a_frame_is_20_ms_at_the_playout_rate() -> None:
    assert FRAME_SECONDS * PLAYOUT_RATE == 960


async def test_a_rehearsal_loads_the_engines_and_leaves_no_trace(stand: VoiceRoom) -> None:
    reader = stand.room.bus.subscribe_polled()
    await stand.room.rehearse()
    assert (stand.model.loads, stand.voice.loads) == (1, 1)
    assert stand.voice.requests
    assert {one.event.type for one in reader.drain()} == {"model.loaded"}
    assert chat(stand) == []


@pytest.mark.parametrize("trouble", [EngineError("Away."), RuntimeError("a bug")])
async def test_a_rehearsal_that_fails_harms_nobody(
    stand: VoiceRoom, trouble: BaseException
) -> None:
    stand.model.script, stand.voice.speech_error = [trouble], trouble
    await stand.room.rehearse()
    stand.model.script, stand.voice.speech_error = ["Fine."], None
    session = await stand.room.session("main")
    await session.send("Hi")
    await session.finished()
    assert chat(stand)[0].character_response == "Fine."
