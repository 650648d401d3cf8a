"""GPT-SoVITS on the disk: its Python, its voices, and what the lines of its log mean."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backend.engines.tts.gpt_sovits_faults import exception_line
from backend.engines.tts.gpt_sovits_folder import SovitsFolder
from backend.engines.tts.gpt_sovits_voices import fingerprint, language_code, read_voice
from backend.errors import EngineError
from tests.support.fake_gpt_sovits import FakeFolder


@pytest.mark.skipif(sys.platform == "win32", reason="the layout of another system")
def test_its_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeFolder.make(tmp_path / "GPT-SoVITS")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CONDA_EXE", raising=False)
    with pytest.raises(EngineError, match="set GPT_SOVITS_PYTHON"):
        SovitsFolder.find(fake.path)
    for place in (
        tmp_path / "home" / "miniconda3" / "envs" / "GPTSoVits" / "bin" / "python",
        fake.path / "venv" / "bin" / "python",
        fake.path / "runtime" / "bin" / "python",
    ):
        place.parent.mkdir(parents=True)
        place.touch()
        # An archive is often unpacked into a folder of its own name.
        assert SovitsFolder.find(tmp_path).python == place


def test_its_server_is_started_without_a_shell_and_finds_its_own_tools_first(
    tmp_path: Path,
) -> None:
    fake = FakeFolder.make(tmp_path / "a b; rm -rf")
    found = SovitsFolder.find(fake.path, sys.executable)
    command = found.command(4711, tmp_path / "tts infer.yaml")
    assert command == (
        sys.executable, "api_v2.py", "-a", "127.0.0.1", "-p", "4711",
        "-c", str(tmp_path / "tts infer.yaml"),
    )  # fmt: skip
    variables = found.variables()
    assert variables["PATH"].startswith(str(Path(sys.executable).parent))
    assert (variables["PYTHONPATH"], variables["PYTHONHOME"]) == ("", "")


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("ja", "ja"), ("zh-HK", "yue"), ("cmn", "zh"), ("zh_CN", "zh"), ("", "en")],
)
def test_languages_have_its_own_names(tag: str, code: str) -> None:
    assert language_code(tag) == code


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RuntimeError: CUDA error", "RuntimeError: CUDA error"),
        (
            "  torch.OutOfMemoryError: CUDA out of memory.",
            "torch.OutOfMemoryError: CUDA out of memory.",
        ),
        ("KeyError", "KeyError"),
        ('INFO:     127.0.0.1:5000 - "POST /tts HTTP/1.1" 200 OK', ""),
        ("ERROR:    Exception in ASGI application", ""),
        ("Errors are unlikely: go on", ""),
    ],
)
def test_the_last_line_of_a_traceback_is_the_reason(line: str, reason: str) -> None:
    assert exception_line(line) == reason


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"name": 3}', b"\xff\xfe", b""])
def test_a_damaged_description_is_named(tmp_path: Path, text: bytes) -> None:
    voice = tmp_path / "Ren"
    voice.mkdir()
    (voice / "reference.wav").touch()
    (voice / "voice.json").write_bytes(text)
    with pytest.raises(EngineError, match=r"voice\.json of the voice Ren cannot be read"):
        read_voice(voice, "en", None)


def test_a_voice_without_its_usual_recording_is_named(tmp_path: Path) -> None:
    voice = tmp_path / "Ren"
    voice.mkdir()
    (voice / "reference.happy.wav").touch()
    with pytest.raises(EngineError, match=r"Ren has no reference\.wav"):
        read_voice(voice, "en", None)
    (voice / "reference.MP3").touch()
    before = fingerprint(tmp_path)
    assert sorted(read_voice(voice, "en", None).recordings) == ["", "happy"]
    (voice / "reference.txt").write_bytes(b"\xff\xfe")
    assert fingerprint(tmp_path) != before
    with pytest.raises(EngineError, match=r"reference\.txt of the voice Ren is not a text"):
        read_voice(voice, "en", None)
