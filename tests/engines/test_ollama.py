"""The Ollama client against a server that sends Ollama's documented lines, and its faults."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from backend.engines.base import ChatMessage, ChatRequest, Persona
from backend.engines.llm.ollama import OllamaModel, chat_models
from backend.errors import EngineError
from tests.support.llm_servers import (
    ChatServer,
    Handler,
    answers,
    ollama,
    ollama_line,
    sends,
    serve,
)

REQUEST = ChatRequest(
    messages=(ChatMessage("user", "Hi"),), persona=Persona("Kotone"), max_tokens=40, seed=3
)
NDJSON = "application/x-ndjson"
EMBEDDER = {"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}}


def model_at(server: ChatServer | str, **options: Any) -> OllamaModel:
    url = server if isinstance(server, str) else server.url
    return OllamaModel({"url": url, "first_token_timeout": 2.0, "idle_timeout": 0.5, **options})


async def failure_of(handler: Handler, **options: Any) -> EngineError:
    async with serve(handler) as server:
        with pytest.raises(EngineError) as caught:
            _ = [p async for p in model_at(server, **{"model": "m", **options}).stream(REQUEST)]
    return caught.value


async def test_streams_and_sends_what_ollama_documents() -> None:
    async with serve(ollama(["Hel", "lo", "!"])) as server:
        model = model_at(server, keep_alive="5m")
        assert [piece async for piece in model.stream(REQUEST)] == ["Hel", "lo", "!"]
        assert model.model == "qwen3:4b"
    sent = server.posts()[0]
    assert sent.path == "/api/chat"
    assert sent.json["model"] == "qwen3:4b"
    assert sent.json["stream"] is True
    assert sent.json["keep_alive"] == "5m"
    assert sent.json["options"] | {"num_predict": 40, "seed": 3} == sent.json["options"]


async def test_thinking_is_ignored() -> None:
    done = '{"message": {"role": "assistant", "content": ""}, "done": true}\n'
    handler = sends(
        ollama_line("", thinking="Let me see"), ollama_line("<think>hm"), ollama_line("</think>Hi"), done,
        content_type=NDJSON,
    )  # fmt: skip
    async with serve(handler) as server:
        assert [p async for p in model_at(server, model="m").stream(REQUEST)] == ["Hi"]


async def test_an_error_in_the_stream_ends_it() -> None:
    handler = sends(
        ollama_line("Wel"), '{"error": "an error was encountered while running the model"}\n'
    )
    async with serve(handler) as server:
        heard = []
        with pytest.raises(EngineError, match="while running the model"):
            async for piece in model_at(server, model="m").stream(REQUEST):
                heard.append(piece)
    assert heard == ["Wel"]


async def test_a_stream_without_its_last_line_broke_off() -> None:
    async with serve(sends(ollama_line("Wel"), content_type=NDJSON)) as server:
        with pytest.raises(EngineError, match="broke off"):
            _ = [p async for p in model_at(server, model="m").stream(REQUEST)]


async def test_faults_are_told_plainly() -> None:
    unknown = await failure_of(answers(404, '{"error": "model \'m\' not found"}'))
    assert "no model named m" in unknown.message
    assert "web page" in (await failure_of(answers(200, "<html>", "text/html"))).message
    assert "not a chat reply" in (await failure_of(answers(200, "garbage"))).message
    assert "not a chat reply" in (await failure_of(answers(200, '{"hello": 1}'))).message
    slow = await failure_of(sends(0.6, content_type=NDJSON), first_token_timeout=0.15)
    assert "too long to begin" in slow.message
    pause = await failure_of(sends(ollama_line("Hm"), 0.6, content_type=NDJSON), idle_timeout=0.1)
    assert "stopped in the middle" in pause.message


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with serve(sends(ollama_line("Wait"), 30.0, content_type=NDJSON)) as server:
        stream = model_at(server, model="m").stream(REQUEST)
        assert await anext(stream) == "Wait"
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_probe_tells_what_is_missing() -> None:
    async with serve(ollama([])) as server:
        found = await asyncio.to_thread(model_at(server).probe)
        assert found.ok
        assert "qwen3:4b" in found.reason
        absent = await asyncio.to_thread(model_at(server, model="llama9").probe)
        assert (absent.ok, absent.remedy) == (False, "Run: ollama pull llama9")
    async with serve(ollama([], models=[EMBEDDER])) as server:
        empty = await asyncio.to_thread(model_at(server).probe)
        assert not empty.ok
        assert "ollama pull qwen3:4b" in empty.remedy
    async with serve(answers(200, "<html>", "text/html")) as server:
        assert "not Ollama" in (await asyncio.to_thread(model_at(server).probe)).reason


def test_probe_is_quick_when_ollama_is_away() -> None:
    started = time.monotonic()
    away = model_at("http://127.0.0.1:9").probe()
    assert not away.ok
    assert "does not run" in away.reason
    assert time.monotonic() - started < 1


def test_models_for_embeddings_are_passed_over() -> None:
    listed = {
        "models": [
            EMBEDDER,
            {"name": "x", "capabilities": ["embedding"]},
            {"name": "llama3.2:3b"},
            {"name": "mystery", "capabilities": ["completion", "tools"]},
        ]
    }
    assert chat_models(listed) == ["llama3.2:3b", "mystery"]
    assert chat_models(None) == []
