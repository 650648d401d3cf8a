"""Pauses by emotion: their length, no clicks, and phonemes that stay in step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.avatar.emotion import EMOTIONS
from backend.conversation.pauses import (
    LEAST_S,
    MANNERS,
    SHORTEST_S,
    manner_of,
    silences,
    with_pauses,
)
from backend.conversation.speaking import speak_text
from backend.conversation.turn import VoiceChoice
from backend.engines.base import EngineKind, Phoneme, SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from event_system import PLAYOUT_RATE
from tests.support.fake_engines import FakeEngines, host_stand, tone
from tests.support.settings import make_settings

RATE = 48_000
LOUD = tone(0.3, rate=RATE).pcm
CLICK_DBFS = -50.0


def hum(seconds: float) -> np.ndarray:
    """The noise of a room, which is not digital silence."""
    noise = np.random.default_rng(3).normal(0, 12, round(seconds * RATE))
    return noise.clip(-40, 40).astype(np.int16)


def speech() -> SpeechChunk:
    """Silence, a tone, a pause, a tone, silence."""
    sounds = [hum(0.2), LOUD, hum(0.2), LOUD, hum(0.3)]
    ends = np.cumsum([len(part) for part in sounds]) / RATE
    starts = np.concatenate([[0.0], ends[:-1]])
    phonemes = tuple(
        Phoneme(float(a), float(b), ipa)
        for a, b, ipa in zip(starts, ends, ("", "a", "", "o", ""), strict=True)
    )
    return SpeechChunk(np.concatenate(sounds), RATE, phonemes)


def lengths(chunk: SpeechChunk) -> list[float]:
    return [(end - start) / chunk.sample_rate for start, end in silences(chunk.pcm, RATE)]


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_pauses_get_another_length_and_phonemes_stay_in_step(factor: float) -> None:
    changed = with_pauses(speech(), factor)
    lead = 0.2 * min(factor, 1.0)
    assert lengths(changed) == pytest.approx([lead, 0.2 * factor, 0.3 * factor], abs=0.021)
    loud = np.abs(changed.pcm.astype(int)) > 1_000
    for one in changed.phonemes:
        inside = slice(round(one.start * RATE) + 50, round(one.end * RATE) - 50)
        assert loud[inside].any() == bool(one.ipa)
    assert changed.phonemes[-1].end == pytest.approx(changed.seconds)
    assert [one.ipa for one in changed.phonemes] == ["", "a", "", "o", ""]


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.5])
def test_nothing_clicks_where_a_pause_was_changed(factor: float) -> None:
    changed = with_pauses(speech(), factor)
    steps = np.abs(np.diff(changed.pcm.astype(int)))
    quiet = [steps[start + 1 : end - 1].max() for start, end in silences(changed.pcm, RATE)]
    assert max(quiet) > 0
    assert 20 * np.log10(max(quiet) / 32768) < CLICK_DBFS


def test_a_neutral_voice_and_short_closures_are_left_alone() -> None:
    chunk = speech()
    assert with_pauses(chunk, 1.0) is chunk
    closure = np.concatenate([LOUD, hum(LEAST_S - 0.03), LOUD]).astype(np.int16)
    plosive = SpeechChunk(closure, RATE)
    assert with_pauses(plosive, 0.5) is plosive
    empty = SpeechChunk(np.zeros(0, np.int16), RATE)
    assert with_pauses(empty, 0.5) is empty


def test_a_pause_is_never_shortened_away() -> None:
    changed = with_pauses(speech(), 0.05)
    assert changed.seconds == pytest.approx(2 * 0.3 + 3 * SHORTEST_S, abs=0.03)


def test_each_emotion_has_its_pauses() -> None:
    assert set(MANNERS) == set(EMOTIONS) - {"neutral"}
    assert manner_of("sad").factor > manner_of("neutral").factor == 1.0 > manner_of("scared").factor


def test_espeak_pauses_longer_at_a_comma_when_sad() -> None:
    (chunk,) = EspeakVoice().synthesize(SpeechRequest("I waited, and waited, for nothing."))
    slow = with_pauses(chunk, manner_of("sad").factor)
    assert slow.seconds > chunk.seconds + 0.1
    assert [one.ipa for one in slow.phonemes] == [one.ipa for one in chunk.phonemes]


@pytest.mark.parametrize(("act", "between"), [("*sighs sadly*", 0.25), ("", 0.0)])
async def test_a_sad_character_waits_between_sentences_never_before_the_first(
    act: str, between: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeEngines(monkeypatch).add(EngineKind.TTS, "loud")
    stand = host_stand(make_settings(tmp_path, monkeypatch, tts_engines="loud"))
    text = f"{act} First one here. {act} Second one here."
    script = await speak_text(stand.host, text, VoiceChoice())
    emotions = {one.emotion for one in script.segments if one.text}
    assert emotions == ({"sad"} if act else {"neutral"})
    assert script.segments[0].text == "First one here."
    assert len(script.pcm) == round((0.6 + between) * PLAYOUT_RATE)
    assert script.phonemes[-1].start == pytest.approx(0.3 + between)
