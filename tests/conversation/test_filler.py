"""Fillers: when they come, what they are, and that they are no part of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from backend.conversation.filler import BREATH_S, breath
from config import Filler
from event_system import PLAYOUT_RATE
from tests.support.settings import make_settings
from tests.support.voice_room import VoiceRoom, open_voice_room
from tests.support.waiting import until


@pytest.fixture
async def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VoiceRoom]:
    settings = make_settings(tmp_path, monkeypatch, avatar_fps=20, filler_after=0.3)
    made = open_voice_room(settings, monkeypatch)
    yield made
    await made.room.close()


async def late_answer(stand: VoiceRoom, kind: Filler) -> asyncio.Event:
    """Ask, with an answer that waits for the event."""
    await stand.room.change_settings({"filler": kind})
    answer = asyncio.Event()
    stand.model.script = [answer, "Here I am."]
    return answer


async def test_she_thinks_aloud_and_it_is_no_part_of_the_answer(stand: VoiceRoom) -> None:
    answer = await late_answer(stand, "think_aloud")
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Are you there?")
    await until(lambda: client.speech)
    assert stand.voice.requests[-1].text == "Hmm."
    assert session.state == "thinking"
    assert client.events("turn.caption") == []
    answer.set()
    await session.finished()
    (response,) = client.events("chat.response")
    assert response.text == response.heard == "Here I am."
    assert [one.text for one in client.events("turn.caption")] == ["Here I am."]


async def test_she_breathes_in(stand: VoiceRoom) -> None:
    answer = await late_answer(stand, "breathe")
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Are you there?")
    await until(lambda: len(client.speech) >= round(BREATH_S / 0.02))
    assert stand.voice.requests == []
    answer.set()
    await session.finished()


async def test_she_nods_without_a_sound(stand: VoiceRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await late_answer(stand, "nod")
    client = await stand.join()
    session = await stand.room.session("main")
    nods: list[float] = []
    monkeypatch.setattr(session.stage, "nod", lambda: nods.append(session.stage.media_time))
    await session.send("Are you there?")
    await until(lambda: nods)
    assert client.speech == []
    answer.set()
    await session.finished()
    assert len(nods) == 1


@pytest.mark.parametrize("kind", ["breathe", "think_aloud"])
async def test_a_quick_answer_needs_none(stand: VoiceRoom, kind: Filler) -> None:
    (await late_answer(stand, kind)).set()
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Are you there?")
    await session.finished()
    assert [one.text for one in stand.voice.requests] == ["Here I am."]
    assert len(client.speech) == 15, "0.3 s of three words, and no breath"


async def test_off_is_silence(stand: VoiceRoom) -> None:
    answer = await late_answer(stand, "off")
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Are you there?")
    await asyncio.sleep(0.5)
    assert client.speech == []
    answer.set()
    await session.finished()


async def test_a_voice_that_fails_at_it_does_not_end_the_turn(stand: VoiceRoom) -> None:
    from backend.errors import EngineError

    answer = await late_answer(stand, "think_aloud")
    stand.voice.speech_error = EngineError("The voice is gone.")
    client = await stand.join()
    session = await stand.room.session("main")
    await session.send("Are you there?")
    await until(lambda: stand.voice.requests)
    stand.voice.speech_error = None
    answer.set()
    await session.finished()
    (response,) = client.events("chat.response")
    assert response.heard == "Here I am."


def test_a_breath_is_soft_and_fades_in_and_out() -> None:
    pcm = breath().pcm.astype(float)
    assert len(pcm) == round(BREATH_S * PLAYOUT_RATE)
    assert 500 < np.abs(pcm).max() < 1_500
    assert np.abs(pcm[:200]).max() < 30
    assert np.abs(pcm[-200:]).max() < 30
    power = np.abs(np.fft.rfft(pcm)) ** 2
    hertz = np.fft.rfftfreq(len(pcm), 1 / PLAYOUT_RATE)
    inside = power[(hertz > 300) & (hertz < 4_000)].sum() / power.sum()
    assert inside > 0.8
