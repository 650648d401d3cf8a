"""The conversation goes first; other programs take turns, a step at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from backend.engines.base import EngineKind, SpeechRequest
from backend.engines.precedence import Precedence
from backend.engines.transcription import Transcription
from tests.support.fake_engines import FakeEngines, host_stand
from tests.support.settings import make_settings
from tests.support.waiting import until


async def test_a_guest_waits_while_live_work_is_under_way() -> None:
    precedence, order = Precedence(), []

    async def guest() -> None:
        async with precedence.guest():
            order.append("guest")

    with precedence.live(), precedence.live():
        task = asyncio.create_task(guest())
        await asyncio.sleep(0.02)
        order.append("live")
    await task
    assert order == ["live", "guest"]


async def test_a_guest_does_not_wait_for_ever() -> None:
    precedence = Precedence(patience_s=0.02)
    with precedence.live():
        async with precedence.guest():
            pass


async def test_guests_take_turns_and_live_work_never_waits() -> None:
    precedence = Precedence()
    async with precedence.guest():
        other = asyncio.create_task(precedence.guest().__aenter__())
        with precedence.live():
            await asyncio.sleep(0.02)
        assert not other.done()
    await other


async def test_a_live_sentence_comes_between_the_chunks_of_a_guest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = FakeEngines(monkeypatch)
    engines.add(EngineKind.TTS, "voice", embedded=True, speech_chunks=4)
    host = host_stand(make_settings(tmp_path, monkeypatch)).host
    order: list[str] = []

    async def speak(name: str, *, guest: bool) -> None:
        async for _chunk in host.speak(SpeechRequest("one two three four"), guest=guest):
            order.append(name)

    visitor = asyncio.create_task(speak("guest", guest=True))
    await until(lambda: bool(order))
    await speak("live", guest=False)
    await visitor
    await host.close()
    last = len(order) - order[::-1].index("live")
    # At most the step that was under way when the live sentence began comes between its chunks.
    assert order[order.index("live") : last].count("guest") <= 1
    assert (order.count("live"), order.count("guest")) == (4, 4)


async def test_a_guest_waits_for_the_end_of_an_utterance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = FakeEngines(monkeypatch)
    engines.add(EngineKind.STT, "ears", embedded=True)
    host = host_stand(make_settings(tmp_path, monkeypatch)).host
    sound = np.full(1600, 1000, np.int16)
    utterance = Transcription(host, "en")
    utterance.feed(sound)
    await utterance.partial()
    visitor = asyncio.create_task(host.transcribe(sound, "en", guest=True))
    await asyncio.sleep(0.05)
    assert not visitor.done()
    await utterance.finalize()
    assert (await visitor)[1].text == "hello there"
    await host.close()
