"""The OpenAI-compatible client against servers of several habits, and against every fault."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest

from backend.engines.base import ChatMessage, ChatRequest, Persona
from backend.engines.llm.openai_compatible import OPENROUTER_URL, OpenAICompatibleModel
from backend.errors import EngineError
from tests.support.llm_servers import (
    ChatServer,
    Handler,
    answers,
    chunk,
    llama_cpp_server,
    sends,
    serve,
    transformers_serve,
)

KEY = "sk-or-secret-0123456789"
REQUEST = ChatRequest(
    messages=(ChatMessage("system", "Be brief."), ChatMessage("user", "Hi")),
    persona=Persona("Kotone"),
    max_tokens=50,
    temperature=0.5,
    seed=7,
)
HTML = "<!DOCTYPE html><html><body>Please sign in</body></html>"


def model_at(server: ChatServer | str, **options: Any) -> OpenAICompatibleModel:
    url = server if isinstance(server, str) else f"{server.url}/v1"
    defaults = {"base_url": url, "model": "tiny", "first_token_timeout": 2.0, "idle_timeout": 0.5}
    return OpenAICompatibleModel({**defaults, **options})


async def reply_of(handlers: Handler | Sequence[Handler], **options: Any) -> str:
    many = handlers if isinstance(handlers, (list, tuple)) else [handlers]
    async with serve(*many) as server:
        model = model_at(server, **options)
        try:
            return "".join([piece async for piece in model.stream(REQUEST)])
        finally:
            model.unload()


async def failure_of(handlers: Handler | Sequence[Handler], **options: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        await reply_of(handlers, **options)
    return caught.value


def event(data: str) -> str:
    return f"data: {data}\n\n"


@pytest.mark.parametrize("shape", [transformers_serve, llama_cpp_server])
async def test_streams_the_words_of_both_shapes(shape: Any) -> None:
    words = ["Hello", " there", "!", " Ça va? 元気"]
    async with serve(shape(words)) as server:
        model = model_at(server, api_key=KEY)
        assert [piece async for piece in model.stream(REQUEST)] == words
    sent = server.posts()[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert (sent.json["max_tokens"], sent.json["temperature"], sent.json["seed"]) == (50, 0.5, 7)


async def test_takes_the_first_chat_model_when_none_is_named() -> None:
    async with serve(llama_cpp_server(["Hi"])) as server:
        model = model_at(server, model="")
        assert [piece async for piece in model.stream(REQUEST)] == ["Hi"]
        assert model.model == "tiny"
        assert server.posts()[0].json["model"] == "tiny"


async def test_reads_an_answer_that_is_no_stream() -> None:
    whole = {
        "choices": [
            {"message": {"role": "assistant", "content": "All at once."}, "finish_reason": "stop"}
        ]
    }
    assert await reply_of(answers(200, json.dumps(whole))) == "All at once."
    assert await reply_of(answers(200, json.dumps(whole, indent=2))) == "All at once."


async def test_reads_events_split_anywhere_in_the_bytes() -> None:
    raw = (
        event(chunk("Grüße ")) + event(chunk("元気", finish="stop")) + "data: [DONE]\n\n"
    ).encode()
    parts = [raw[i : i + 3] for i in range(0, len(raw), 3)]
    assert await reply_of(sends(*parts)) == "Grüße 元気"


async def test_line_separators_inside_json_do_not_split_it() -> None:
    body = json.dumps(
        {"choices": [{"delta": {"content": "a\u2028b\u0085c"}, "finish_reason": "stop"}]},
        ensure_ascii=False,
    )
    assert await reply_of(sends(event(body))) == "a\u2028b\u0085c"


async def test_data_on_several_lines_and_without_blank_lines() -> None:
    pretty = "\n".join(
        f"data: {line}" for line in json.dumps(json.loads(chunk("One ")), indent=1).splitlines()
    )
    bare = f"data: {chunk('two ')}\ndata: {chunk('three', finish='stop')}\n"
    assert await reply_of(sends(f"{pretty}\n\n", bare)) == "One two three"


async def test_reasoning_is_never_passed_on() -> None:
    handler = sends(
        event(chunk(reasoning="I should ", content="")),
        event(chunk(reasoning_content="greet.")),
        event(chunk("<th")),
        event(chunk("ink>secret plan</th")),
        event(chunk("ink>\n\nHel")),
        event(chunk("lo <3", tool_calls=[{"index": 0, "function": {"name": "x"}}])),
        event(chunk(finish="stop")),
    )
    assert await reply_of(handler) == "Hello <3"


async def test_only_reasoning_is_an_error_that_says_so() -> None:
    error = await failure_of(sends(event(chunk(reasoning="hm")), event(chunk(finish="length"))))
    assert "thinking" in error.message


async def test_an_error_inside_the_stream_ends_it_with_what_was_said() -> None:
    handler = sends(
        event(chunk("Well")), event('{"error": {"message": "GPU fell off", "code": 502}}')
    )
    async with serve(handler) as server:
        heard = []
        with pytest.raises(EngineError, match="problem of its own"):
            async for piece in model_at(server).stream(REQUEST):
                heard.append(piece)
    assert heard == ["Well"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_drop_in_the_middle_is_an_error_after_what_was_said(chunked: bool) -> None:
    handler = sends(event(chunk("Once upon")), chunked=chunked, finish=False)
    async with serve(handler) as server:
        heard = []
        with pytest.raises(EngineError, match="broke off"):
            async for piece in model_at(server).stream(REQUEST):
                heard.append(piece)
    assert heard == ["Once upon"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, '{"error": {"message": "No auth credentials found", "code": 401}}', "refused the key"),
        (402, '{"error": {"message": "Insufficient credits"}}', "no credit"),
        (429, '{"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}', "no credit"),
        (404, '{"error": {"message": "The model `tiny` does not exist", "code": "model_not_found"}}', "no model named tiny"),
        (400, '{"error": {"message": "tiny is not a valid model ID"}}', "no model named tiny"),
        (404, '{"detail": "Not Found"}', "/v1"),
        (400, '{"error": {"code": "context_length_exceeded", "message": "..."}}', "longer than the model"),
        (403, '{"error": {"message": "Input was flagged by moderation"}}', "own rules"),
        (422, '{"detail": [{"loc": ["body"], "msg": "messages is required"}]}', "messages is required"),
        (400, '{"error": "stop words are bad"}', "stop words are bad"),
        (200, HTML, "web page"),
        (403, HTML, "web page"),
        (200, "what even is this", "not a chat reply"),
        (200, "", "not a chat reply"),
        (200, '{"choices": []}', "empty answer"),
    ],
)  # fmt: skip
async def test_faults_are_told_in_one_sentence(status: int, body: str, words: str) -> None:
    kind = "text/html" if body == HTML else "application/json"
    error = await failure_of(answers(status, body, kind), first_token_timeout=1.5)
    assert words in error.message
    assert "\n" not in error.message
    assert error.message.endswith(".")


async def test_plain_text_500_is_tried_again_and_then_told() -> None:
    async with serve(answers(500, "Internal Server Error", "text/plain")) as server:
        model = model_at(server, first_token_timeout=1.5)
        with pytest.raises(EngineError, match="problem of its own"):
            _ = [piece async for piece in model.stream(REQUEST)]
    assert len(server.requests) >= 2


async def test_retry_after_is_honoured_before_the_first_token() -> None:
    busy = answers(429, '{"error": {"message": "slow down"}}', retry_after="0.15")
    started = time.monotonic()
    async with serve(busy, busy, transformers_serve(["Hi"])) as server:
        assert [piece async for piece in model_at(server).stream(REQUEST)] == ["Hi"]
    assert len(server.requests) == 3
    assert 0.3 <= time.monotonic() - started < 1.5


async def test_a_retry_after_beyond_the_cap_is_not_waited_for() -> None:
    started = time.monotonic()
    error = await failure_of(answers(429, "{}", retry_after="3600"), first_token_timeout=60)
    assert "limiting" in error.message
    assert time.monotonic() - started < 1


async def test_a_wrong_key_is_not_tried_again() -> None:
    async with serve(answers(401, "{}")) as server:
        with pytest.raises(EngineError) as caught:
            _ = [piece async for piece in model_at(server).stream(REQUEST)]
    assert len(server.requests) == 1
    assert not caught.value.retryable


async def test_a_broken_connection_before_the_first_token_is_tried_again() -> None:
    dropped = sends(event(chunk(role="assistant")), finish=False)
    assert await reply_of([dropped, transformers_serve(["Back"])]) == "Back"


async def test_a_late_first_token_and_a_pause_are_told_apart() -> None:
    late = await failure_of(sends(": still loading\n\n", 0.6), first_token_timeout=0.15)
    assert "too long to begin" in late.message
    pause = await failure_of(sends(event(chunk("Hm")), 0.6), idle_timeout=0.1)
    assert "stopped in the middle" in pause.message


async def test_keep_alive_comments_and_roles_are_no_first_token() -> None:
    parts: list[str | float] = [event(chunk(role="assistant"))]
    parts += [": OPENROUTER PROCESSING\n\n", 0.05] * 8
    error = await failure_of(sends(*parts), first_token_timeout=0.2)
    assert "too long to begin" in error.message


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with serve(sends(event(chunk("Wait")), 30.0)) as server:
        stream = model_at(server).stream(REQUEST)
        assert await anext(stream) == "Wait"
        started = time.monotonic()
        await stream.aclose()  # type: ignore[attr-defined]
        import asyncio

        await asyncio.wait_for(server.hung_up.wait(), 10)
    assert time.monotonic() - started < 0.5


async def test_a_redirect_to_another_server_is_refused_and_gets_no_key() -> None:
    async with serve(transformers_serve(["stolen"])) as thief:
        target = f"{thief.url}/v1/chat/completions"
        async with serve(answers(307, "", location=target)) as server:
            with pytest.raises(EngineError, match="refused"):
                _ = [p async for p in model_at(server, api_key=KEY).stream(REQUEST)]
    assert thief.requests == []


async def test_a_redirect_within_the_server_is_followed() -> None:
    moved = answers(308, "", location="/v1/chat/completions/")
    async with serve(moved, transformers_serve(["Hi"])) as server:
        assert [p async for p in model_at(server).stream(REQUEST)] == ["Hi"]
    assert [request.method for request in server.requests] == ["POST", "POST"]


async def test_the_key_is_in_no_message_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = await failure_of(answers(400, json.dumps({"error": f"bad key {KEY}"})), api_key=KEY)
    assert "bad key" in error.message
    model = model_at("http://127.0.0.1:9/v1", api_key=KEY)
    assert KEY not in error.message + caplog.text + repr(model.options)


@pytest.mark.parametrize("address", ["http://example.com/v1", "http://93.184.216.34:8000/v1"])
def test_a_key_is_not_sent_unencrypted_over_the_internet(address: str) -> None:
    availability = model_at(address, api_key=KEY).probe()
    assert not availability.ok
    assert "encryption" in availability.reason


@pytest.mark.parametrize(
    "address", ["ftp://x", "http://", "not an address", "http://a:b@c/v1", "http://x:99999"]
)
def test_wrong_addresses_are_refused_by_the_probe(address: str) -> None:
    assert not model_at(address).probe().ok


def test_probe_needs_no_network_for_openrouter() -> None:
    assert model_at(OPENROUTER_URL, api_key=KEY).probe().ok
    without = model_at(OPENROUTER_URL).probe()
    assert not without.ok
    assert "OPENROUTER_API_KEY" in without.remedy
    assert not OpenAICompatibleModel().probe().ok


def test_probe_is_quick_when_nothing_listens() -> None:
    started = time.monotonic()
    availability = model_at("http://127.0.0.1:9/v1").probe()
    assert not availability.ok
    assert "No server answers" in availability.reason
    assert time.monotonic() - started < 1


async def test_probe_asks_a_local_server_for_its_models() -> None:
    import asyncio

    async with serve(llama_cpp_server([])) as server:
        model = model_at(f"{server.url}", model="")
        availability = await asyncio.to_thread(model.probe)
        assert availability.ok, availability.reason
        assert "tiny" in availability.reason
    async with serve(answers(200, HTML, "text/html")) as server:
        portal = await asyncio.to_thread(model_at(server).probe)
        assert not portal.ok
        assert "web page" in portal.reason


async def test_many_replies_at_once_share_the_client() -> None:
    import asyncio

    async with serve(transformers_serve(["a", "b"])) as server:
        model = model_at(server)

        async def one() -> str:
            return "".join([piece async for piece in model.stream(REQUEST)])

        assert await asyncio.gather(*(one() for _ in range(5))) == ["ab"] * 5
        model.unload()
        assert await one() == "ab"


def test_options_come_from_the_settings() -> None:
    from pydantic import SecretStr

    settings = {
        "openai_base_url": "", "openai_api_key": SecretStr(""), "openai_model": "",
        "openrouter_api_key": SecretStr(KEY), "openrouter_model": "openrouter/auto",
        "llm_first_token_timeout": 30.0, "llm_idle_timeout": 15.0,
    }  # fmt: skip
    model = OpenAICompatibleModel(OpenAICompatibleModel.options_from(settings))
    assert (model.probe().ok, model.model) == (True, "openrouter/auto")
    own = OpenAICompatibleModel.options_from(
        {**settings, "openai_base_url": "http://127.0.0.1:1/v1"}
    )
    assert own["api_key"].get_secret_value() == ""
