from __future__ import annotations

import io
import json
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.models_store.catalogue import Catalogue
from commands.benchmarks import fault_server as faults
from commands.benchmarks.fault_server import FaultServer
from commands.benchmarks.random_piper import write_voice as write_piper
from commands.benchmarks.random_whisper import dims, random_weights
from commands.line import run
from commands.models import ProgressLine
from event_system import ModelProgress
from tests.support.model_bench import LIMITS, MACHINE, Bench
from tests.support.settings import make_settings
from tests.support.tiny_voice import write_voice
from tests.support.tiny_whisper import write_checkpoint, write_ranks


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_settings(tmp_path, monkeypatch)
    (tmp_path / "download").mkdir()
    write_ranks(tmp_path / "download" / "multilingual.tiktoken")
    shape = dims()
    return write_checkpoint(tmp_path / "download" / "nano.pt", shape, random_weights(shape))


def test_a_model_is_converted_and_listed(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("faster_whisper", reason="the extra faster-whisper is not installed")
    assert run(["models", "list"]) == 0
    assert "0 in" in capsys.readouterr().out
    assert run(["models", "convert", str(source)]) == 0
    assert "WHISPER_MODEL=nano uses it" in capsys.readouterr().out
    assert run(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["path"] for one in listed] == [str(tmp_path / "models" / "faster-whisper-nano")]
    assert run(["models", "convert", str(source)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "convert", str(source.with_name("missing.pt"))]) == 2
    assert capsys.readouterr().err.count("\n") <= 2


@pytest.fixture
def bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    make_settings(tmp_path, monkeypatch)
    with FaultServer() as server:
        bench = Bench(tmp_path / "models", server)
        bench.voice()
        monkeypatch.setattr(
            "backend.models_store.store.load_catalogue",
            lambda root: Catalogue(list(bench.models.values())),
        )
        monkeypatch.setattr("backend.models_store.fetch.Limits", lambda: LIMITS)
        monkeypatch.setattr("backend.models_store.pace_book.calibrate", lambda: MACHINE)
        yield bench


def test_a_voice_is_installed_checked_and_removed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "install", "anna"]) == 0
    told = capsys.readouterr()
    assert "piper:anna is installed" in told.out
    assert "100% of" in told.err
    assert run(["models", "list"]) == 0
    assert "✓" in capsys.readouterr().out
    assert run(["models", "verify"]) == 0
    assert run(["models", "disk", "--json"]) == 0
    capsys.readouterr()
    assert run(["models", "list", "--json", "--kind", "tts", "--language", "en"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(["models", "remove", "anna", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["anna"] > 1000
    assert run(["models", "list"]) == 0
    assert "0 in" in capsys.readouterr().out
    assert run(["models", "list", "--all"]) == 0
    assert "piper:anna" in capsys.readouterr().out


def test_exit_codes_tell_what_is_wrong(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "install", "nobody"]) == 2
    bench.add("ollama:qwen", kind="llm", by_hand="Run `ollama pull qwen`.")
    assert run(["models", "install", "qwen"]) == 4
    assert "ollama pull qwen" in capsys.readouterr().err
    bench.server.shelf.behaviours["/piper/anna.onnx"] = [faults.status(404)]
    assert run(["models", "install", "anna"]) == 1
    told = capsys.readouterr().err
    assert "kotodama: 127.0.0.1 has no anna.onnx" in told
    assert f"/piper/anna.onnx → {bench.root / 'piper/anna.onnx'}" in told
    bench.drop("piper:anna")
    path = bench.root / "piper/anna.onnx"
    path.write_bytes(b"\0" * path.stat().st_size)
    assert run(["models", "verify", "anna"]) == 3
    assert "checksum" in capsys.readouterr().out
    assert run(["models", "refresh", "--url", "http://example.org/"]) == 2


def test_models_come_from_a_stick(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_voice(tmp_path / "stick")
    assert run(["models", "add", str(tmp_path / "stick"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"] == ["own:piper/my-voice.onnx"]
    (tmp_path / "stick" / "my-voice.onnx").write_bytes(b"no")
    assert run(["models", "add", str(tmp_path / "stick")]) == 3
    assert run(["models", "add", str(tmp_path / "nowhere")]) == 2


def test_the_line_in_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    line = ProgressLine(out)
    line(ModelProgress(model_id="a:b", state="downloading", done=30, total=120, speed=9.0,
                       seconds_left=10.0))  # fmt: skip
    line(ModelProgress(model_id="a:b", state="installed", done=120, total=120))
    first, second = out.getvalue().split("\r")[1:]
    assert first.rstrip() == "a:b [#####               ]  25% of 120 B, 9 B/s, 0:10 min left"
    assert second.endswith("\n")


def test_a_voice_is_written_to_a_file_and_measured(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_piper(bench.root / "piper" / "mine.onnx")
    out = tmp_path / "mine.wav"
    assert run(["models", "sample", "own:piper/mine.onnx", "--out", str(out)]) == 0
    assert "the voice itself" in capsys.readouterr().out
    with wave.open(str(out)) as file:
        assert file.getframerate() == 48_000
    assert run(["models", "speed", "--json"]) == 0
    (measured,) = json.loads(capsys.readouterr().out)
    assert measured["pace"]["measured"]
    assert run(["models", "list"]) == 0
    assert f"here {measured['pace']['words']} (measured)" in capsys.readouterr().out
    # It has no recording, and is not there: nothing to hear, nothing to measure.
    assert run(["models", "sample", "anna"]) != 0
    assert "no sample" in capsys.readouterr().err
    assert run(["models", "speed", "anna"]) != 0
    assert "is not measured" in capsys.readouterr().err


def test_a_sample_without_a_loudspeaker_says_what_to_do(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_piper(bench.root / "piper" / "mine.onnx")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert run(["models", "sample", "own:piper/mine.onnx"]) != 0
    assert "--out FILE" in capsys.readouterr().err


def test_a_licence_is_asked_for(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    made = bench.models["piper:anna"]
    bench.models[made.id] = made.model_copy(update={"accept": "the Example License."})
    assert run(["models", "install", "anna"]) != 0
    told = capsys.readouterr().err
    assert "the Example License" in told
    assert "--accept-licence" in told
    assert run(["models", "install", "anna", "--accept-licence"]) == 0


def test_an_ollama_that_does_not_run_is_told(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_URL", "http://127.0.0.1:9")
    bench.add("ollama:tiny", kind="llm", engine="ollama", about=5, by_hand="Run `ollama pull`.")
    assert run(["models", "install", "ollama:tiny"]) != 0
    assert "ollama serve" in capsys.readouterr().err
    assert run(["models", "list", "--all", "--kind", "llm"]) == 0
    assert "Ollama does not answer at http://127.0.0.1:9" in capsys.readouterr().out
