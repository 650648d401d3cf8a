"""The ear on real sound: synthetic speech in, utterances out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.conversation.ear import Ear, Noticed
from backend.conversation.endpointing import Gate, Signal
from backend.engines.base import SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.media.microphone import BLOCK, Filtered
from backend.media.pcm import resample

RATE = 16_000
STEP = 320
Sound = NDArray[np.int16]


@pytest.fixture(scope="module")
def speech() -> Sound:
    voice = EspeakVoice()
    voice.load()
    chunks = list(voice.synthesize(SpeechRequest("I would like to know how old you are today")))
    return np.concatenate([resample(one.pcm, one.sample_rate, RATE) for one in chunks])


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.int16)


def listen(
    ear: Ear, near: Sound, far: Sound | None = None, gate: Gate = Gate.OPEN
) -> list[Noticed]:
    far = silence(len(near) / RATE) if far is None else far
    noticed: list[Noticed] = []
    for start in range(0, len(near) - STEP + 1, STEP):
        part = slice(start, start + STEP)
        noticed += ear.feed(near[part], far[part], gate)
    return noticed


def test_one_utterance_is_given_whole_with_pre_roll_and_without_holes(speech: Sound) -> None:
    noticed = listen(Ear(), np.concatenate([silence(1.0), speech, silence(1.5)]))
    signals = [one.signal for one in noticed if one.signal]
    assert signals[0] is Signal.STARTED
    assert signals[-1] is Signal.COMMITTED
    given = np.concatenate([one.pcm for one in noticed])
    assert len(speech) * 0.9 < len(given) < len(speech) + 1.6 * RATE


def test_silence_and_noise_are_no_utterance() -> None:
    rng = np.random.default_rng(1)
    hiss = (rng.standard_normal(RATE * 4) * 600).astype(np.int16)
    offset = np.full(RATE * 2, 9_000, np.int16)
    for sound in (silence(3.0), hiss, offset):
        assert [one for one in listen(Ear(), sound) if one.signal] == []


def test_the_characters_own_voice_from_the_loudspeaker_is_not_heard(speech: Sound) -> None:
    far = np.concatenate([speech, silence(0.3)] * 4)
    delay = round(0.08 * RATE)
    echo = np.concatenate([np.zeros(delay, np.int16), far[:-delay]])
    near = (echo * 0.5).astype(np.int16)
    noticed = listen(Ear(), near, far, Gate.GUARDED)
    assert [one for one in noticed if one.signal] == []


def test_a_voice_over_the_characters_voice_is_heard(speech: Sound) -> None:
    far = np.concatenate([speech, silence(0.3)] * 4)
    near = (np.roll(far, 1_280) * 0.3).astype(np.int16)
    start = len(far) // 2
    near[start : start + len(speech)] += (speech[::1] * 0.6).astype(np.int16)[: len(near) - start]
    noticed = listen(Ear(), near, far, Gate.GUARDED)
    assert Signal.STARTED in [one.signal for one in noticed]


def test_a_voice_is_heard_under_an_echo_as_loud_as_itself(speech: Sound) -> None:
    far = np.concatenate([speech, silence(0.3)] * 5)
    echo = np.convolve(far, [0.0] * 900 + [0.7] + [0.0] * 200 + [-0.5])[: len(far)]
    near = echo.astype(np.int16)
    ear = Ear()
    before = len(far) * 3 // 5 // STEP * STEP
    assert [
        one for one in listen(ear, near[:before], far[:before], Gate.GUARDED) if one.signal
    ] == []
    user = np.zeros_like(near)
    user[before : before + len(speech) // 2] = speech[len(speech) // 2 :][: len(speech) // 2]
    mixed = np.clip(echo + user, -32768, 32767).astype(np.int16)[before:]
    noticed = listen(ear, mixed, far[before:], Gate.GUARDED)
    assert Signal.STARTED in [one.signal for one in noticed]


def test_her_voice_is_not_heard_though_its_way_grows_longer_again_and_again(
    speech: Sound,
) -> None:
    far = np.concatenate([speech, silence(0.3)] * 6)
    played = np.convolve(far, [0.0] * 900 + [0.5] + [0.0] * 200 + [-0.3])[: len(far)]
    near, cut = played.astype(np.int16), len(far) // 3
    for place in (cut, 2 * cut):
        near[place:] = np.concatenate([np.zeros(900, np.int16), near[place:-900]])
    noticed = listen(Ear(), near, far, Gate.GUARDED)
    began = [one for one in noticed if one.signal in (Signal.PAUSED, Signal.COMMITTED)]
    assert began == [], "an utterance was made of the character's own voice"


def test_a_bang_and_hiss_over_an_echo_are_no_voice(speech: Sound) -> None:
    far = np.concatenate([speech, silence(0.3)] * 5)
    echo = np.convolve(far, [0.0] * 900 + [0.7] + [0.0] * 200 + [-0.5])[: len(far)]
    rng = np.random.default_rng(1)
    hiss = rng.standard_normal(len(far)) * 1_000 * (np.arange(len(far)) // RATE % 3 == 2)
    near = np.clip(echo + hiss, -32768, 32767).astype(np.int16)
    assert [one for one in listen(Ear(), near, far, Gate.GUARDED) if one.signal] == []


def test_memory_does_not_grow_in_silence() -> None:
    ear = Ear()
    listen(ear, silence(20.0))
    assert ear._kept <= 1.1 * RATE


def test_the_filters_never_get_pure_silence_in_which_they_would_slow_down() -> None:
    ear, got = Ear(), []
    process = ear.filter.process

    def note(near: Sound, far: Sound) -> Filtered:
        got.append((near, far))
        return process(near, far)

    ear.filter.process = note  # type: ignore[method-assign]
    listen(ear, silence(0.1))
    for sound in (one for pair in got for one in pair):
        assert all(block.any() for block in sound.reshape(-1, BLOCK))
        assert np.abs(sound).max() == 1
    assert ear.level < 1e-4


def test_sound_reaches_the_filters_as_it_is(speech: Sound) -> None:
    ear, got = Ear(), []
    process = ear.filter.process

    def note(near: Sound, far: Sound) -> Filtered:
        got.append((near, far))
        return process(near, far)

    ear.filter.process = note  # type: ignore[method-assign]
    part = speech[RATE // 2 :][:STEP]
    ear.feed(part, part[::-1])
    assert np.array_equal(got[0][0], part)
    assert np.array_equal(got[0][1], part[::-1])
