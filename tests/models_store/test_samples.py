"""Listening to voices: recordings by their makers, and installed voices themselves."""

from __future__ import annotations

import io
import os
import wave

import av
import numpy as np
import pytest

from backend.models_store import errors, samples
from backend.models_store.catalogue import CatalogueModel
from backend.models_store.sentences import own_sentence
from commands.benchmarks import fault_server as faults
from commands.benchmarks.fault_server import Behaviour
from commands.benchmarks.random_piper import write_voice
from tests.support.model_bench import LIMITS, Bench

PATH = "/en/anna/samples/speaker_0.mp3"


@pytest.fixture(scope="module")
def mp3() -> bytes:
    """A second of a tone."""
    held = io.BytesIO()
    with av.open(held, "w", format="mp3") as file:
        stream = file.add_stream("mp3", rate=22_050, layout="mono")
        tone = (8000 * np.sin(np.arange(22_050) * 2 * np.pi * 440 / 22_050)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate = 22_050
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return held.getvalue()


def voice(bench: Bench, content: bytes, *behaviours: Behaviour, name: str = "anna") -> str:
    url = bench.server.put(PATH.replace("anna", name), content, *behaviours)
    made = bench.voice(name)
    bench.models[made.id] = made.model_copy(update={"sample": (url,)})
    return made.id


def sound(wav: bytes) -> tuple[int, float]:
    """Sample rate and seconds."""
    with wave.open(io.BytesIO(wav)) as file:
        return file.getframerate(), file.getnframes() / file.getframerate()


async def test_a_recording_is_fetched_when_asked_for_and_kept(bench: Bench, mp3: bytes) -> None:
    name = voice(bench, mp3)
    store = bench.store()
    assert store.status(name).sample == "recording"
    assert not bench.server.shelf.requests, "nothing is fetched by itself"
    wav, kind = await store.sample("anna")
    assert kind == "recording"
    assert sound(wav) == (48_000, pytest.approx(1.0, abs=0.1))
    assert (await store.sample("anna"))[0] == wav
    assert [one.path for one in bench.server.shelf.requests] == [PATH]
    assert store.disk().folders["samples"] == len(mp3)
    assert not list(bench.root.rglob("*.part*"))


@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        (faults.status(404), errors.NoSampleError, "publish no sample"),
        (faults.status(503), errors.ServerFailedError, "try again later"),
        (faults.portal, errors.CaptivePortalError, "sign-in"),
    ],
)
async def test_faults_have_the_store_s_words(
    bench: Bench, mp3: bytes, behaviour: Behaviour, kind: type[Exception], said: str
) -> None:
    name = voice(bench, mp3, behaviour)
    store = bench.store()
    with pytest.raises(kind, match=said):
        await store.sample(name)
    assert not list(bench.root.rglob("*.mp3*"))
    # Once it is known that there is none, it is not offered again.
    assert store.status(name).sample == ("" if kind is errors.NoSampleError else "recording")


async def test_what_is_no_sound_is_thrown_away(bench: Bench) -> None:
    name = voice(bench, b"ID3" + bytes(5000))
    with pytest.raises(errors.DamagedError, match="is no sound"):
        await bench.store().sample(name)
    assert not list(bench.root.rglob("*.mp3"))


async def test_a_sample_has_a_limit(
    bench: Bench, mp3: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "MOST_BYTES", 1000)
    name = voice(bench, mp3)
    with pytest.raises(errors.DownloadError, match="far too large"):
        await bench.store().sample(name)
    assert not list(bench.root.rglob("*.mp3*"))


async def test_the_ones_heard_least_lately_make_room(
    bench: Bench, mp3: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "KEPT_BYTES", 2 * len(mp3) + 10)
    names = ("anna", "bella", "clara")
    made = [voice(bench, mp3, name=name) for name in names]
    store = bench.store()
    for at, name in enumerate(names):
        await store.sample(made[at])
        for path in (bench.root / samples.FOLDER).glob(f"*{name}*"):
            os.utime(path, (at, at))
    kept = sorted(path.name for path in (bench.root / samples.FOLDER).iterdir())
    assert kept == ["piper_bella.mp3", "piper_clara.mp3"]


async def test_an_installed_voice_speaks_for_itself(bench: Bench) -> None:
    write_voice(bench.root / "piper" / "mine.onnx", espeak_voice="de")
    store = bench.store()
    assert store.status("own:piper/mine.onnx").sample == "spoken"
    wav, kind = await store.sample("own:piper/mine.onnx")
    assert kind == "spoken"
    rate, seconds = sound(wav)
    assert rate == 48_000
    assert seconds > 0.5


async def test_a_model_without_a_sample_says_so(bench: Bench) -> None:
    model: CatalogueModel = bench.big()
    assert bench.store().status(model.id).sample == ""
    with pytest.raises(errors.NoSampleError, match="no sample of"):
        await samples.recorded_sample(model, bench.root, LIMITS)


def test_every_language_has_something_to_say() -> None:
    assert own_sentence("en_GB") == own_sentence("en-US") == own_sentence("en")
    assert own_sentence("de_DE").startswith("Hallo")
    assert own_sentence("ne_NP") == "1, 2, 3, 4, 5."


async def test_a_licence_is_asked_for_before_the_first_byte(bench: Bench) -> None:
    made = bench.voice()
    bench.models[made.id] = made.model_copy(update={"accept": "the Example License."})
    store = bench.store()
    with pytest.raises(errors.LicenceError, match="the Example License"):
        await store.install(made.id)
    assert not bench.server.shelf.requests
    assert (await store.install(made.id, accepted=True)).state == "installed"
