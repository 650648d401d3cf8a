"""A real language model server with its faults, through a whole turn: one clear sentence each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backend.engines import registry
from backend.engines.base import EngineKind
from backend.recorder import read_events
from event_system import EngineFallback
from tests.support.fake_engines import Fault
from tests.support.llm_servers import (
    ChatServer,
    Handler,
    Reply,
    Request,
    answers,
    chunk,
    llama_cpp_server,
    sends,
    serve,
)
from tests.support.settings import make_settings
from tests.support.voice_room import Client, VoiceRoom, open_voice_room

OPENAI = "backend.engines.llm.openai_compatible:OpenAICompatibleModel"
HTML = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
BEGUN = f"data: {chunk('Once upon a time. ')}\n\n"
Ask = Callable[..., Awaitable[tuple[Client, VoiceRoom]]]


@pytest.fixture
async def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ask]:
    opened: list[VoiceRoom] = []

    async def ask(server: ChatServer | str, *, spare: bool) -> tuple[Client, VoiceRoom]:
        """One turn with the server as the first model, and perhaps an embedded one behind it."""
        url = server if isinstance(server, str) else f"{server.url}/v1"
        settings = make_settings(
            tmp_path,
            monkeypatch,
            openai_base_url=url,
            openai_model="tiny",
            llm_engines="openai_compatible,model",
            llm_first_token_timeout=0.5,
            llm_idle_timeout=0.3,
        )
        stand = open_voice_room(settings, monkeypatch)
        opened.append(stand)
        if not spare:
            monkeypatch.delitem(registry.ENGINES[EngineKind.LLM], "model")
        monkeypatch.setitem(registry.ENGINES[EngineKind.LLM], "openai_compatible", OPENAI)
        stand.model.script = ["The spare one answers."]
        client = await stand.join()
        session = await stand.room.session("main")
        await session.send("Tell me a story")
        await asyncio.wait_for(session.finished(), 30)
        assert session.state == "idle"
        return client, stand

    yield ask
    for stand in opened:
        await stand.room.close()


def spoken(voice: Fault) -> str:
    return " ".join(request.text for request in voice.requests)


async def test_a_server_that_works(ask: Ask) -> None:
    async with serve(llama_cpp_server(["Once ", "upon ", "a time."])) as server:
        client, stand = await ask(server, spare=True)
    (response,) = client.events("chat.response")
    assert (response.text, response.engine, response.model) == (
        "Once upon a time.", "openai_compatible", "tiny",
    )  # fmt: skip
    assert spoken(stand.voice) == "Once upon a time."
    assert client.events("error.occurred") == []


def at_work(fault: Handler) -> Handler:
    """A server that is there when it is looked for, and faulty when it is asked to write."""
    models = answers(200, '{"object": "list", "data": [{"id": "tiny"}]}')

    async def handle(request: Request, reply: Reply) -> None:
        await (models if request.method == "GET" else fault)(request, reply)

    return handle


BEFORE: dict[str, Handler] = {
    "html": answers(200, HTML, "text/html"),
    "a gateway's page": answers(502, HTML, "text/html"),
    "a wrong key": answers(401, '{"error": {"message": "Incorrect API key sk-abcdefgh12345"}}'),
    "garbage": sends("\x00\x01\x02 not events at all\n\n"),
    "broken json": sends('data: {"choices": [{"del\n\n'),
    "nothing": sends(),
    "slow": sends(5.0, BEGUN),
    "broken off at once": sends(finish=False),
}


@pytest.mark.parametrize("fault", BEFORE)
async def test_before_the_first_word_the_next_model_answers_and_it_is_told(
    ask: Ask, fault: str
) -> None:
    async with serve(at_work(BEFORE[fault])) as server:
        client, stand = await ask(server, spare=True)
    (response,) = client.events("chat.response")
    assert (response.text, response.engine) == ("The spare one answers.", "model")
    assert spoken(stand.voice) == "The spare one answers."
    assert client.events("error.occurred") == []
    stand.room.recorder.flush()
    told = read_events(stand.room.database, 0, 100)
    (fall,) = [one.event for one in told if isinstance(one.event, EngineFallback)]
    assert (fall.failed, fall.used) == ("openai_compatible", "model")
    assert "<" not in fall.message


@pytest.mark.parametrize("fault", BEFORE)
async def test_without_another_model_the_user_gets_one_clear_sentence(ask: Ask, fault: str) -> None:
    async with serve(at_work(BEFORE[fault])) as server:
        client, stand = await ask(server, spare=False)
    (error,) = client.events("error.occurred")
    assert "\n" not in error.message
    assert error.message[-1] in ".?!"
    assert len(error.message) < 300
    for leak in ("<html", "<!DOCTYPE", "sk-abcdefgh", "Traceback", "\x00"):
        assert leak not in error.message
    assert client.events("chat.response") == []
    assert stand.voice.requests == []
    assert client.speech == []


AFTER: dict[str, Handler] = {
    "drops": sends(BEGUN, finish=False),
    "stalls": sends(BEGUN, 5.0),
    "turns to html": sends(BEGUN, HTML + "\n\n", finish=False),
    "tells an error": sends(BEGUN, 'data: {"error": {"message": "out of memory"}}\n\n'),
}


@pytest.mark.parametrize("fault", AFTER)
async def test_in_the_middle_what_was_said_stands_and_the_error_is_told(
    ask: Ask, fault: str
) -> None:
    async with serve(at_work(AFTER[fault])) as server:
        client, stand = await ask(server, spare=True)
    (error,) = client.events("error.occurred")
    assert "\n" not in error.message
    assert "<" not in error.message
    (response,) = client.events("chat.response")
    assert response.text == "Once upon a time."
    assert spoken(stand.voice) == "Once upon a time."
    row = stand.room.history.page(1, 1)[0]
    assert row.character_response == "Once upon a time."


@pytest.mark.parametrize("fault", ["html", "a wrong key", "broken off at once"])
async def test_a_server_that_is_faulty_when_it_is_looked_for_is_passed_over(
    ask: Ask, fault: str
) -> None:
    async with serve(BEFORE[fault]) as server:
        client, stand = await ask(server, spare=True)
    assert client.events("chat.response")[0].engine == "model"
    described = {one.name: one for one in await stand.room.host.describe()}
    found = described["openai_compatible"]
    assert not found.available
    assert found.reason
    assert "<" not in found.reason


async def test_a_server_that_is_not_there(ask: Ask) -> None:
    client, _stand = await ask("http://127.0.0.1:9/v1", spare=False)
    (error,) = client.events("error.occurred")
    assert "127.0.0.1:9" in error.message or "not running" in error.message
