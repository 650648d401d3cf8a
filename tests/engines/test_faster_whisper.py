from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from backend.engines.base import Pcm
from backend.engines.host import EngineHost
from backend.engines.stt.faster_whisper import FasterWhisper
from backend.engines.stt.utterance import Utterance
from backend.engines.stt.whisper_convert import convert
from backend.errors import EngineError
from commands.benchmarks.random_whisper import (
    ENGLISH_TOKENS,
    dims,
    pair_tokens,
    random_weights,
    speaking_weights,
)
from config import Settings
from event_system import EventBus
from tests.support.tiny_whisper import write_checkpoint, write_ranks

pytest.importorskip("faster_whisper", reason="the extra faster-whisper is not installed")

RATE = 16_000
TEXT = (
    "well this is what I wanted to say about the little fox that jumped over a lazy brown dog and"
    " went to sleep. "
)
GERMAN, END = 50_261, 50_257


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that always says `TEXT`, and one that babbles."""
    folder = tmp_path_factory.mktemp("models")
    ranks = write_ranks(folder / "multilingual.tiktoken")
    shape = dims()
    speaking = speaking_weights(shape, [*pair_tokens(TEXT), END], GERMAN)
    for name, weights in (("sure", speaking), ("babble", random_weights(shape))):
        source = write_checkpoint(folder / f"{name}.pt", shape, weights)
        convert(source, folder / name, vocabulary=ranks)
    return folder


@pytest.fixture(scope="module")
def sure(models: Path) -> Iterator[FasterWhisper]:
    engine = FasterWhisper({"model": "sure", "models_dir": models, "device": "cpu"})
    engine.load()
    yield engine
    engine.unload()


def voice(seconds: float) -> Pcm:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 10))
    return (tone * 4000).astype(np.int16)


class Watched(FasterWhisper):
    """Notes the windows and languages that the model is run with."""

    def __init__(self, options: dict[str, object]) -> None:
        super().__init__(options)
        self.runs: list[tuple[float, str]] = []

    def _run(self, pcm, seconds, language, cancelled):  # type: ignore[no-untyped-def]
        self.runs.append((seconds, language))
        return super()._run(pcm, seconds, language, cancelled)


def watched(models: Path, name: str, **options: object) -> Watched:
    engine = Watched({"model": name, "models_dir": models, "device": "cpu", **options})
    engine.load()
    engine.runs.clear()
    return engine


def test_it_loads_in_8_bits_and_probes_well(sure: FasterWhisper) -> None:
    assert sure.probe().ok
    assert sure.device.startswith("cpu int8")


def test_loading_opens_no_connection(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine = FasterWhisper({"model": "sure", "models_dir": models})
    engine.load()
    engine.unload()


def test_an_utterance_is_written_down(sure: FasterWhisper) -> None:
    stream = sure.open_stream("en-US")
    stream.feed(voice(10.0))
    found = stream.finalize()
    assert found.text == TEXT.strip()
    assert found.language == "en"
    assert found.confidence is not None
    assert found.confidence > 0.5
    with pytest.raises(EngineError, match="has ended"):
        stream.partial()


def test_partials_grow_and_tell_what_is_stable(sure: FasterWhisper) -> None:
    stream = sure.open_stream("en")
    partials = []
    for _ in range(8):
        stream.feed(voice(0.4))
        partials.append(stream.partial())
    assert partials[0].text == ""
    texts = [partial.text for partial in partials]
    assert all(now.startswith(before) for before, now in pairwise(texts))
    assert len(texts[-1]) > len(texts[2]) > 0
    # No more words than the sound has room for: 8 tokens a second and 10.
    assert len(texts[-1]) <= 2 * (8 * 3.2 + 10)
    for before, now in pairwise(partials):
        assert before.stable <= now.stable <= len(now.text)
        assert now.text[: now.stable] == before.text[: now.stable]
    assert partials[-1].stable > 0


def test_speculation_makes_the_end_free(models: Path) -> None:
    engine = watched(models, "sure")
    stream = engine.open_stream("en")
    stream.feed(voice(2.0))
    guess = stream.speculate()
    assert len(engine.runs) == 1
    stream.feed(np.zeros(RATE // 2, np.int16))
    assert stream.finalize().text == guess.text
    assert len(engine.runs) == 1


def test_more_speech_makes_the_speculation_void(models: Path) -> None:
    engine = watched(models, "sure")
    stream = engine.open_stream("en")
    stream.feed(voice(1.0))
    guess = stream.speculate()
    stream.feed(voice(3.0))
    assert len(stream.finalize().text) > len(guess.text)
    assert len(engine.runs) == 2


def test_short_speech_takes_a_short_window_and_a_loop_the_full_one(models: Path) -> None:
    engine = watched(models, "babble")
    stream = engine.open_stream("en")
    stream.feed(voice(3.0))
    assert stream.partial().text == ""
    assert [seconds for seconds, _ in engine.runs] == [10.0]
    assert stream.finalize().text == ""
    assert [seconds for seconds, _ in engine.runs] == [10.0, 10.0, 30.0]


def test_short_windows_can_be_switched_off(models: Path) -> None:
    engine = watched(models, "sure", short_window=False)
    stream = engine.open_stream("en")
    stream.feed(voice(1.0))
    stream.finalize()
    assert [seconds for seconds, _ in engine.runs] == [30.0]


def test_a_language_is_detected_once_and_kept(models: Path) -> None:
    engine = watched(models, "sure")
    stream = engine.open_stream("auto")
    stream.feed(voice(2.0))
    assert stream.partial().language == "de"
    stream.feed(voice(2.0))
    assert stream.finalize().language == "de"
    assert [language for _, language in engine.runs] == ["", "de"]


def test_a_minute_is_decoded_in_pieces(models: Path) -> None:
    engine = watched(models, "sure")
    stream = engine.open_stream("en")
    for _ in range(6):
        stream.feed(voice(9.5))
        stream.feed(np.zeros(RATE // 2, np.int16))
    found = stream.finalize()
    assert found.text.count("lazy brown dog") == 3
    assert all(seconds <= 30.0 for seconds, _ in engine.runs)


def test_silence_is_nothing(sure: FasterWhisper) -> None:
    stream = sure.open_stream("en")
    assert stream.partial().text == ""
    stream.feed(np.zeros(5 * RATE, np.int16))
    assert stream.partial().text == ""
    assert stream.finalize().text == ""


def test_streams_share_the_model_and_not_their_words(sure: FasterWhisper) -> None:
    first, second = sure.open_stream("en"), sure.open_stream("en")
    first.feed(voice(8.0))
    second.feed(voice(0.6))
    assert len(second.finalize().text) < len(first.finalize().text)


def test_a_dropped_utterance_stops_between_the_steps(models: Path) -> None:
    engine = watched(models, "sure")
    stream = engine.open_stream("en")
    stream.feed(voice(2.0))
    encode, steps = engine._whisper.model.encode, []

    class Model:
        """The real model, dropped by another thread while it encodes."""

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def encode(self, *args: object) -> object:
            other = threading.Thread(target=stream.cancel)
            other.start()
            other.join()
            steps.append("encode")
            return encode(*args)

        def generate(self, *_args: object, **_options: object) -> object:
            raise AssertionError("it went on to decode")

    real = engine._whisper.model
    engine._whisper.model = Model()
    assert stream.finalize().text == ""
    assert steps == ["encode"]
    stream.feed(voice(1.0))
    assert stream.partial().text == ""


def test_unknown_languages_are_refused(sure: FasterWhisper) -> None:
    with pytest.raises(EngineError, match="does not know the language 'tlh'"):
        sure.open_stream("tlh")
    assert isinstance(sure.open_stream("pt-BR"), Utterance)


def test_an_english_model_knows_english_only(tmp_path: Path) -> None:
    shape = dims(tokens=ENGLISH_TOKENS)
    weights = speaking_weights(shape, [*pair_tokens("hello world."), END - 1], 50_258)
    source = write_checkpoint(tmp_path / "small.en.pt", shape, weights)
    ranks = write_ranks(tmp_path / "gpt2.tiktoken", ENGLISH_TOKENS)
    convert(source, tmp_path / "faster-whisper-small.en", vocabulary=ranks)
    engine = FasterWhisper({"model": "small.en", "models_dir": tmp_path, "device": "cpu"})
    stream = engine.open_stream("auto")
    stream.feed(voice(2.0))
    assert stream.finalize().text == "hello world."
    with pytest.raises(EngineError, match="does not know the language 'ja'"):
        engine.open_stream("ja")


async def test_the_host_uses_it_by_the_settings(models: Path, settings: Settings) -> None:
    chosen = settings.model_copy(update={"models_dir": models, "whisper_model": "sure"})
    host = EngineHost(lambda: chosen, EventBus())
    engine, found = await host.transcribe(voice(10.0), "en")
    assert (engine, found.text) == ("faster_whisper", TEXT.strip())
    chosen = settings.model_copy(update={"models_dir": models, "whisper_model": "nowhere"})
    await host.reconfigure()
    engine, _ = await host.transcribe(voice(1.0), "en")
    assert engine == "pocketsphinx"
    status = {one.name: one for one in await host.describe() if one.kind == "stt"}
    assert "no Whisper model 'nowhere'" in status["faster_whisper"].reason
    assert not status["wyoming"].available
    assert not status["openai_api"].available
    await host.close()


def test_a_missing_model_is_told_with_its_size_and_place(tmp_path: Path) -> None:
    found = FasterWhisper({"model": "base", "models_dir": tmp_path}).probe()
    assert not found.ok
    assert found.reason == f"There is no Whisper model 'base' in {tmp_path}."
    assert "145 MB" in found.remedy
    assert "faster-whisper-base" in found.remedy
    (tmp_path / "base.pt").write_bytes(b"x")
    found = FasterWhisper({"model": "base", "models_dir": tmp_path}).probe()
    assert "models convert" in found.remedy


@pytest.mark.parametrize("lost", ["tokenizer.json", "model.bin", "vocabulary.json"])
def test_a_missing_file_is_named(models: Path, tmp_path: Path, lost: str) -> None:
    shutil.copytree(models / "sure", tmp_path / "sure")
    (tmp_path / "sure" / lost).unlink()
    engine = FasterWhisper({"model": "sure", "models_dir": tmp_path})
    assert lost.split(".")[0] in engine.probe().reason
    with pytest.raises(EngineError, match="is not complete"):
        engine.load()


@pytest.mark.parametrize("damaged", ["tokenizer.json", "model.bin", "config.json"])
def test_half_a_file_is_told(models: Path, tmp_path: Path, damaged: str) -> None:
    shutil.copytree(models / "sure", tmp_path / "sure")
    file = tmp_path / "sure" / damaged
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    engine = FasterWhisper({"model": "sure", "models_dir": tmp_path, "device": "cpu"})
    with pytest.raises(EngineError, match="cannot be loaded"):
        engine.load()
