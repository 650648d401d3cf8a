"""Spoken sentences on disk: what is kept, found again, refused and thrown out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from backend.engines.base import EngineKind, Phoneme, SpeechChunk, SpeechRequest
from backend.engines.host import EngineHost
from backend.engines.speech_cache import LONGEST_TEXT, SpeechCache
from tests.support.fake_engines import FakeEngines, Fault, _FakeVoice, host_stand
from tests.support.settings import make_settings

HELLO = SpeechRequest("Hello there.")


class Remote(_FakeVoice):
    name = "remote"
    label = "Remote"
    summary = "For tests."
    behaviour: ClassVar[Fault] = Fault()


def chunk(seconds: float, rate: int = 24_000) -> SpeechChunk:
    pcm = (np.sin(np.arange(round(seconds * rate)) / 9.0) * 9_000).astype(np.int16)
    return SpeechChunk(
        pcm, rate, (Phoneme(0.0, seconds / 2, "ˈa"), Phoneme(seconds / 2, seconds, ""))
    )


def cache(folder: Path, limit: int = 10_000_000) -> SpeechCache:
    return SpeechCache(folder, lambda: limit)


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    path = kept.path_of(Remote(), HELLO)
    assert path is not None
    assert kept.read(path) is None
    chunks = [chunk(0.5), SpeechChunk(np.zeros(10, np.int16), 16_000)]
    kept.keep(path, chunks)
    found = cache(tmp_path).read(path)
    assert found is not None
    for was, now in zip(chunks, found, strict=True):
        assert (now.sample_rate, now.phonemes) == (was.sample_rate, was.phonemes)
        assert now.pcm.dtype == np.int16
        assert np.array_equal(now.pcm, was.pcm)


def test_everything_that_shapes_the_sound_is_in_the_name(tmp_path: Path) -> None:
    kept, voice = cache(tmp_path), Remote()
    requests = [
        HELLO,
        SpeechRequest("Hello there!"),
        SpeechRequest("Hello there.", voice="b"),
        SpeechRequest("Hello there.", speed=1.1),
        SpeechRequest("Hello there.", pitch=1.0),
        SpeechRequest("Hello there.", emotion="happy"),
        SpeechRequest("Hello there.", language="en-GB"),
    ]
    paths = {kept.path_of(voice, request) for request in requests}
    paths.add(kept.path_of(Remote({"flavour": "other"}), HELLO))
    assert len(paths) == len(requests) + 1


def test_what_is_long_or_embedded_or_unwanted_is_not_kept(tmp_path: Path) -> None:
    class Embedded(Remote):
        embedded = True

    kept = cache(tmp_path)
    assert kept.path_of(Embedded(), HELLO) is None
    assert kept.path_of(Remote(), SpeechRequest("a" * (LONGEST_TEXT + 1))) is None
    assert cache(tmp_path, 0).path_of(Remote(), HELLO) is None
    path = kept.path_of(Remote(), HELLO)
    assert path is not None
    kept.keep(path, [chunk(40.0)])
    assert not path.exists()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense", b"\x93NUMPY", None])
def test_a_damaged_file_is_dropped(tmp_path: Path, damage: bytes | None) -> None:
    kept = cache(tmp_path)
    path = kept.path_of(Remote(), HELLO)
    assert path is not None
    kept.keep(path, [chunk(0.2)])
    path.write_bytes(path.read_bytes()[:-500] if damage is None else damage)
    assert kept.read(path) is None
    assert not path.exists()


def test_the_oldest_used_go_when_it_is_full(tmp_path: Path) -> None:
    one = chunk(0.5)
    kept = cache(tmp_path, 5 * len(one.pcm) * 2)
    paths = []
    for number in range(8):
        path = kept.path_of(Remote(), SpeechRequest(f"Sentence {number}."))
        assert path is not None
        kept.keep(path, [one])
        if path.exists():
            os.utime(path, (number + 1, number + 1))
        if number == 2:
            os.utime(paths[0], (100, 100))
        paths.append(path)
    assert paths[0].exists(), "it was used"
    assert not paths[1].exists()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.npz")) <= 5 * len(one.pcm) * 2


async def test_a_sentence_is_said_again_without_the_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = FakeEngines(monkeypatch)
    voice = engines.add(EngineKind.TTS, "remote")
    settings = make_settings(tmp_path, monkeypatch, tts_engines="remote")
    bus = host_stand(settings).bus
    first = [one async for one in EngineHost(lambda: settings, bus, cache(tmp_path)).speak(HELLO)]
    again = EngineHost(lambda: settings, bus, cache(tmp_path))
    second = [one async for one in again.speak(HELLO)]
    assert [len(one.pcm) for one in first] == [len(one.pcm) for one in second]
    assert len(voice.requests) == 1
    assert voice.loads == 1, "the second host loaded nothing"


async def test_half_a_sentence_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = FakeEngines(monkeypatch)
    engines.add(EngineKind.TTS, "remote", speech_chunks=3)
    settings = make_settings(tmp_path, monkeypatch, tts_engines="remote")
    host = EngineHost(lambda: settings, host_stand(settings).bus, cache(tmp_path / "cache"))
    speech = host.speak(HELLO)
    await anext(speech)
    await speech.aclose()  # type: ignore[attr-defined]
    assert list((tmp_path / "cache").rglob("*.npz")) == []
