"""The engine host: order, loading, fallback and what is told of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.engines import host as host_module
from backend.engines.base import ChatMessage, ChatRequest, EngineKind, Persona, SpeechRequest
from backend.errors import EngineError, EngineUnavailableError, UnsupportedError
from config import Settings
from event_system import EngineFallback, ModelFailed
from tests.support.fake_engines import FakeEngines, Stand, host_stand
from tests.support.settings import make_settings

REQUEST = ChatRequest((ChatMessage("user", "Hi"),), Persona("Ren"))
LLM, TTS, STT = EngineKind.LLM, EngineKind.TTS, EngineKind.STT


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    return FakeEngines(monkeypatch)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return make_settings(
        tmp_path,
        monkeypatch,
        llm_engines="first,second",
        tts_engines="loud,soft",
        stt_engines="sharp",
    )


@pytest.fixture
def stand(settings: Settings) -> Iterator[Stand]:
    yield host_stand(settings)


async def reply(stand: Stand) -> tuple[str, list[str]]:
    pieces = [(model.name, piece) async for model, piece in stand.host.chat(REQUEST)]
    return "".join(piece for _name, piece in pieces), [name for name, _piece in pieces]


async def test_what_an_engine_does_not_have_does_not_put_it_aside(
    engines: FakeEngines, stand: Stand
) -> None:
    loud = engines.add(TTS, "loud")
    soft = engines.add(TTS, "soft", embedded=True)
    loud.speech_error = UnsupportedError("Loud does not speak Japanese.")
    request = SpeechRequest("Hello.", language="ja")
    assert [one async for one in stand.host.speak(request)]
    assert len(soft.requests) == 1
    (fall,) = stand.told("engine.fallback")
    assert isinstance(fall, EngineFallback)
    assert fall.message == "Loud does not speak Japanese."
    loud.speech_error = None
    assert [one async for one in stand.host.speak(SpeechRequest("Hello."))]
    assert len(soft.requests) == 1, "the next sentence is Loud's again"


async def test_the_order_is_the_settings_and_embedded_ones_are_the_last_resort(
    engines: FakeEngines, stand: Stand
) -> None:
    engines.add(LLM, "spare", embedded=True)
    engines.add(LLM, "second")
    engines.add(LLM, "unlisted")
    engines.add(LLM, "first")
    assert stand.host.order(LLM) == ["first", "second", "spare"]
    stand.settings[0] = stand.settings[0].model_copy(update={"llm_engines": "spare, nobody,first"})
    assert stand.host.order(LLM) == ["spare", "first"]
    stand.settings[0] = stand.settings[0].model_copy(update={"llm_engines": ""})
    assert stand.host.order(LLM) == ["spare"]


async def test_the_first_that_can_run_answers(engines: FakeEngines, stand: Stand) -> None:
    engines.add(LLM, "first", available=False)
    engines.add(LLM, "second", script=["Hel", "", "lo"])
    engines.add(LLM, "spare", embedded=True)
    assert await reply(stand) == ("Hello", ["second", "second"])
    assert stand.host.active(LLM) == "second"
    assert [event.type for event in stand.told()] == ["model.loaded"]


async def test_it_is_loaded_once_and_in_a_thread_of_its_own(
    engines: FakeEngines, stand: Stand
) -> None:
    voice = engines.add(TTS, "loud")
    for _turn in range(3):
        assert [one async for one in stand.host.speak(SpeechRequest("Hi"))]
    assert voice.loads == 1
    assert len(voice.threads) == 1
    assert "MainThread" not in voice.threads


@pytest.mark.parametrize(
    "script",
    [
        [EngineError("It is down.")],
        [0.001, EngineError("It is down.")],
        ["", EngineError("It is down.")],
        [RuntimeError("a bug in a library")],
        [ConnectionResetError("peer")],
    ],
    ids=["at once", "later", "after nothing", "bug", "connection"],
)
async def test_a_failure_before_the_first_piece_falls_to_the_next_and_is_told(
    engines: FakeEngines, stand: Stand, script: list[object]
) -> None:
    first = engines.add(LLM, "first", script=script)
    engines.add(LLM, "second", script=["Hello"])
    assert await reply(stand) == ("Hello", ["second"])
    (fall,) = stand.told("engine.fallback")
    assert isinstance(fall, EngineFallback)
    assert (fall.kind, fall.failed, fall.used) == ("llm", "first", "second")
    assert fall.message.endswith(".")
    assert first.closed == 1


async def test_a_failure_after_the_first_piece_is_an_error_and_nobody_takes_over(
    engines: FakeEngines, stand: Stand
) -> None:
    engines.add(LLM, "first", script=["Once upon ", EngineError("It went away.")])
    second = engines.add(LLM, "second")
    pieces: list[str] = []
    with pytest.raises(EngineError, match="went away"):
        async for _model, piece in stand.host.chat(REQUEST):
            pieces.append(piece)
    assert pieces == ["Once upon "]
    assert second.requests == []
    assert stand.told("engine.fallback") == []


async def test_an_empty_answer_falls_to_the_next(engines: FakeEngines, stand: Stand) -> None:
    engines.add(LLM, "first", script=["", ""])
    engines.add(LLM, "second", script=["Hello"])
    assert await reply(stand) == ("Hello", ["second"])
    (fall,) = stand.told("engine.fallback")
    assert "empty answer" in fall.summary()


async def test_only_empty_answers_are_an_error(engines: FakeEngines, stand: Stand) -> None:
    engines.add(LLM, "first", script=[])
    with pytest.raises(EngineError, match="First gave an empty answer"):
        await reply(stand)


@pytest.mark.parametrize(
    "problem", [EngineError("No memory."), OSError("libfoo.so: cannot open"), ImportError("foo")]
)
async def test_a_failing_load_is_told_passed_over_and_not_tried_every_turn(
    engines: FakeEngines, stand: Stand, problem: BaseException
) -> None:
    first = engines.add(LLM, "first", load_error=problem)
    engines.add(LLM, "second", script=["Hello"])
    for _turn in range(3):
        assert (await reply(stand))[0] == "Hello"
    assert first.loads == 1
    told = stand.told("model.failed", "engine.fallback")
    assert [event.type for event in told] == ["model.failed", "engine.fallback"]
    assert isinstance(told[0], ModelFailed)
    assert told[0].engine == "first"


async def test_an_engine_that_failed_is_passed_over_for_a_while_and_then_tried_again(
    engines: FakeEngines, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engines.add(LLM, "first", script=[EngineError("It is down.")])
    engines.add(LLM, "second", script=["Hello"])
    await reply(stand)
    await reply(stand)
    assert len(first.requests) == 1
    assert len(stand.told("engine.fallback")) == 1
    later = time.monotonic() + host_module.PASSED_OVER_S + 1
    monkeypatch.setattr(host_module.time, "monotonic", lambda: later)
    first.script = ["Back again"]
    assert (await reply(stand))[0] == "Back again"
    assert stand.host.active(LLM) == "first"


async def test_the_last_resort_is_never_passed_over(engines: FakeEngines, stand: Stand) -> None:
    spare = engines.add(LLM, "spare", embedded=True, script=[EngineError("A hiccup.")])
    with pytest.raises(EngineError, match="hiccup"):
        await reply(stand)
    spare.script = ["Better now"]
    assert (await reply(stand))[0] == "Better now"


async def test_wrong_options_are_named_and_the_next_engine_answers(
    engines: FakeEngines, stand: Stand
) -> None:
    engines.add(LLM, "first")
    engines.add(LLM, "second", script=["Hello"])
    stand.settings[0] = stand.settings[0].model_copy(
        update={"engine_options": {"first": {"flavor": "sweet"}}}
    )
    assert (await reply(stand))[0] == "Hello"
    (fall,) = stand.told("engine.fallback")
    assert "'flavor'" in fall.summary()
    assert "first" in fall.summary()
    described = {one.name: one for one in await stand.host.describe()}
    assert not described["first"].available
    assert "'flavor'" in described["first"].reason


async def test_nothing_that_can_run_is_one_sentence(engines: FakeEngines, stand: Stand) -> None:
    engines.add(LLM, "first", available=False)
    with pytest.raises(EngineUnavailableError, match="No chat model can run: First is not there"):
        await reply(stand)
    with pytest.raises(EngineUnavailableError, match="No voice can run"):
        _ = [one async for one in stand.host.speak(SpeechRequest("Hi"))]


async def test_a_voice_falls_before_its_first_sound_and_not_after(
    engines: FakeEngines, stand: Stand
) -> None:
    engines.add(TTS, "loud", speech_error=EngineError("No voice today."))
    soft = engines.add(TTS, "soft")
    assert [one async for one in stand.host.speak(SpeechRequest("Hi"))]
    (fall,) = stand.told("engine.fallback")
    assert isinstance(fall, EngineFallback)
    assert (fall.kind, fall.failed, fall.used) == ("tts", "loud", "soft")
    assert len(soft.requests) == 1


async def test_a_bug_in_a_voice_falls_to_the_next(engines: FakeEngines, stand: Stand) -> None:
    engines.add(TTS, "loud", speech_error=ZeroDivisionError("oops"))
    engines.add(TTS, "soft")
    assert [one async for one in stand.host.speak(SpeechRequest("Hi"))]
    assert len(stand.told("engine.fallback")) == 1


async def test_speech_is_recognised_and_falls_too(engines: FakeEngines, stand: Stand) -> None:
    sound = np.zeros(16_000, np.int16)
    engines.add(STT, "sharp", transcript=EngineError("Deaf."))
    engines.add(STT, "dull", embedded=True, transcript="good evening")
    name, transcript = await stand.host.transcribe(sound, "en")
    assert (name, transcript.text) == ("dull", "good evening")
    assert len(stand.told("engine.fallback")) == 1


async def test_changed_settings_unload_what_changed_and_keep_the_rest(
    engines: FakeEngines, stand: Stand
) -> None:
    first, loud = engines.add(LLM, "first", script=["Hello"]), engines.add(TTS, "loud")
    await stand.host.warm_up(LLM, TTS)
    stand.settings[0] = stand.settings[0].model_copy(
        update={"engine_options": {"first": {"flavour": "sweet"}}}
    )
    await stand.host.reconfigure()
    assert (first.unloads, loud.unloads) == (1, 0)
    assert (await reply(stand))[0] == "Hello"
    assert (first.loads, loud.loads) == (2, 1)


async def test_changed_settings_forget_failures(engines: FakeEngines, stand: Stand) -> None:
    first = engines.add(LLM, "first", script=[EngineError("Wrong key.")])
    engines.add(LLM, "second", script=["Hello"])
    await reply(stand)
    first.script = ["The key is right now"]
    await stand.host.reconfigure()
    assert (await reply(stand))[0] == "The key is right now"


async def test_settings_that_change_in_the_middle_of_an_answer_do_not_end_it(
    engines: FakeEngines, stand: Stand
) -> None:
    loud = engines.add(TTS, "loud", speech_chunks=3)
    heard = 0
    async for _chunk in stand.host.speak(SpeechRequest("One two three")):
        heard += 1
        if heard == 1:
            stand.settings[0] = stand.settings[0].model_copy(
                update={"engine_options": {"loud": {"flavour": "sweet"}}}
            )
            await stand.host.reconfigure()
    assert heard == 3
    await asyncio.sleep(0.05)
    assert loud.unloads == 1


async def test_closing_unloads_everything(engines: FakeEngines, stand: Stand) -> None:
    first, loud = engines.add(LLM, "first"), engines.add(TTS, "loud")
    never = engines.add(TTS, "soft")
    await stand.host.warm_up(LLM, TTS)
    await stand.host.close()
    assert (first.unloads, loud.unloads, never.unloads) == (1, 1, 0)


async def test_leaving_an_answer_early_stops_the_models_work(
    engines: FakeEngines, stand: Stand
) -> None:
    first = engines.add(LLM, "first", script=["One ", "two ", 30.0, "three"])
    pieces = stand.host.chat(REQUEST)
    async for _model, _piece in pieces:
        break
    await pieces.aclose()  # type: ignore[attr-defined]
    assert first.closed == 1


async def test_the_description_tells_state_and_reason(engines: FakeEngines, stand: Stand) -> None:
    engines.add(LLM, "first", script=[EngineError("It is down.")])
    engines.add(LLM, "second", script=["Hello"])
    engines.add(LLM, "third", available=False)
    await reply(stand)
    described = {one.name: one for one in await stand.host.describe()}
    assert not described["first"].available
    assert described["first"].reason == "It is down."
    assert described["second"].active
    assert described["second"].loaded
    assert described["third"].remedy == "Install it."
    assert described["third"].options_schema["properties"]["flavour"]["type"] == "string"


async def test_a_probe_that_breaks_is_a_reason_and_not_the_end(
    engines: FakeEngines, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.add(LLM, "first")
    engines.add(LLM, "second", script=["Hello"])
    broken = host_module.engine_class(LLM, "first")
    monkeypatch.setattr(broken, "probe", lambda self: 1 / 0)
    assert (await reply(stand))[0] == "Hello"
    described = {one.name: one for one in await stand.host.describe()}
    assert not described["first"].available
