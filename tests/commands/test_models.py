from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.benchmarks.random_whisper import dims, random_weights
from commands.line import run
from tests.support.settings import make_settings
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
    assert "no Whisper model" in capsys.readouterr().out
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
