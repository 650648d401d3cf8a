"""The engine on torch, and its agreement with the one on CTranslate2."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.engines.stt.openai_whisper import OpenAIWhisper, detect_language, encode
from backend.engines.stt.whisper_convert import convert
from backend.engines.stt.whisper_vocabulary import Vocabulary, find_ranks, read_ranks
from backend.errors import EngineError
from commands.benchmarks.random_whisper import dims, random_weights, speaking_weights
from tests.support.tiny_whisper import write_checkpoint

torch = pytest.importorskip("torch", reason="the extra whisper is not installed")
pytest.importorskip("tiktoken", reason="the extra whisper is not installed")
pytest.importorskip("whisper", reason="the extra whisper is not installed")

RATE = 16_000
TEXT = " The quick brown fox jumps over the lazy dog near the river bank, and then it sleeps."


def never() -> bool:
    return False


def voice(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 10))
    return (tone * 4000).astype(np.int16)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shape = dims()
    words = Vocabulary.for_model(read_ranks(find_ranks(multilingual=True)), shape.n_vocab)
    tokenizer = words.tokenizer()
    tokens = [*tokenizer.encode(TEXT).ids, words.id_of("<|endoftext|>")]
    sure = speaking_weights(shape, tokens, words.id_of("<|ja|>"))
    write_checkpoint(folder / "sure.pt", shape, sure)
    shape = dims(width=64, heads=2, layers=2)
    write_checkpoint(folder / "babble.pt", shape, random_weights(shape, spread=0.1))
    return folder


@pytest.fixture(scope="module")
def sure(models: Path) -> Iterator[OpenAIWhisper]:
    engine = OpenAIWhisper({"model": "sure", "models_dir": models, "device": "cpu"})
    assert engine.probe().ok
    engine.load()
    yield engine
    engine.unload()


def test_torch_reads_the_made_files_as_well(models: Path) -> None:
    content = torch.load(models / "sure.pt", weights_only=True)
    assert content["dims"]["n_vocab"] == 51_865
    assert content["model_state_dict"]["encoder.conv1.weight"].dtype == torch.float16


def test_an_utterance_is_written_down(sure: OpenAIWhisper) -> None:
    stream = sure.open_stream("en-GB")
    stream.feed(voice(4.0))
    found = stream.finalize()
    assert found.text == TEXT.strip()
    assert found.language == "en"
    assert found.confidence is not None
    assert found.confidence > 0.5


def test_partials_grow_and_speculation_is_kept(sure: OpenAIWhisper) -> None:
    stream = sure.open_stream("en")
    stream.feed(voice(0.6))
    first = stream.partial()
    stream.feed(voice(0.6))
    second = stream.partial()
    assert second.text.startswith(first.text)
    assert second.stable == len(first.text) > 0
    guess = stream.speculate()
    runs = []
    sure._run, run = (lambda *args: runs.append(args)), sure._run  # type: ignore[method-assign]
    try:
        assert stream.finalize() == guess
    finally:
        sure._run = run  # type: ignore[method-assign]
    assert runs == []


def test_a_language_is_detected(sure: OpenAIWhisper) -> None:
    stream = sure.open_stream("auto")
    stream.feed(voice(2.0))
    assert stream.finalize().language == "ja"


def test_the_full_window_gives_what_the_library_gives(models: Path) -> None:
    engine = OpenAIWhisper({"model": "babble", "models_dir": models, "device": "cpu"})
    engine.load()
    mel = torch.randn(1, 80, 3000, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours, theirs = encode(engine._model.encoder, mel, never), engine._model.encoder(mel)
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
        _, chances = engine._model.detect_language(mel)
        best = max(chances[0], key=chances[0].get)
        assert detect_language(engine._model, ours) == best


def test_both_engines_encode_alike(models: Path, tmp_path: Path) -> None:
    ctranslate2 = pytest.importorskip(
        "ctranslate2", reason="the extra faster-whisper is not installed"
    )
    convert(models / "babble.pt", tmp_path / "babble", quantization="float32")
    engine = OpenAIWhisper({"model": "babble", "models_dir": models, "device": "cpu"})
    engine.load()
    other = ctranslate2.models.Whisper(str(tmp_path / "babble"), compute_type="float32")
    for frames in (1000, 3000):
        mel = np.random.default_rng(2).standard_normal((1, 80, frames)).astype(np.float32)
        with torch.inference_mode():
            ours = encode(engine._model.encoder, torch.from_numpy(mel), never).numpy()
        theirs = np.asarray(other.encode(ctranslate2.StorageView.from_array(mel)))
        assert ours.shape == theirs.shape == (1, frames // 2, 64)
        assert np.abs(ours).max() > 0.5
        assert np.abs(ours - theirs).max() < 1e-3


def test_both_engines_write_alike(models: Path, tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="the extra faster-whisper is not installed")
    from backend.engines.stt.faster_whisper import FasterWhisper

    convert(models / "sure.pt", tmp_path / "sure", quantization="float32")
    ours = OpenAIWhisper({"model": "sure", "models_dir": models, "device": "cpu"})
    theirs = FasterWhisper(
        {"model": "sure", "models_dir": tmp_path, "device": "cpu", "compute_type": "float32"}
    )
    results = []
    for engine in (ours, theirs):
        engine.load()
        results.append(engine._run(voice(3.0), 10.0, "en", never))
    first, second = results
    assert first.text.strip() == second.text.strip() == TEXT.strip()
    assert first.logprob == pytest.approx(second.logprob, abs=1e-3)
    assert first.no_speech == pytest.approx(second.no_speech, abs=1e-3)


def test_a_dropped_utterance_stops_between_the_tokens(sure: OpenAIWhisper) -> None:
    stream = sure.open_stream("en")
    stream.feed(voice(4.0))
    logits, calls = sure._model.decoder.forward, []

    def watched(*args: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            other = threading.Thread(target=stream.cancel)
            other.start()
            other.join()
        return logits(*args, **named)

    sure._model.decoder.forward = watched
    try:
        assert stream.finalize().text == ""
    finally:
        del sure._model.decoder.forward
    assert len(calls) == 3


def test_half_a_file_is_told(models: Path, tmp_path: Path) -> None:
    raw = (models / "sure.pt").read_bytes()
    (tmp_path / "base.pt").write_bytes(raw[: len(raw) // 2])
    engine = OpenAIWhisper({"model": "base", "models_dir": tmp_path})
    with pytest.raises(EngineError, match=r"base.pt is damaged or cut off"):
        engine.load()


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    found = OpenAIWhisper({"model": "small", "models_dir": tmp_path}).probe()
    assert not found.ok
    assert "484 MB" in found.remedy
