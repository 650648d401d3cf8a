"""The command line, end to end: real processes, real embedded engines, files of their own."""

from __future__ import annotations

import json
import re
import sys
import wave
from pathlib import Path
from typing import Any

import cv2
import pytest

from backend.media.mp4 import iter_frames, read_audio
from commands.line import COMMANDS, build_parser, run
from config import ROOT, VERSION
from tests.support.portraits import photo_face
from tests.support.processes import BackendChild, run_command

STAGES = ["received", "first_token", "first_sentence", "first_audio"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the commands that only need one."""
    return tmp_path_factory.mktemp("commands")


def facts_of(folder: Path, *arguments: str, **more: str) -> Any:
    """The JSON that a command that works prints."""
    done = run_command(folder, *arguments, "--json", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def complaint_of(folder: Path, code: int, *arguments: str, **more: str) -> str:
    """The one sentence that a command that fails prints."""
    done = run_command(folder, *arguments, **more)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("kotodama: ")
    assert lines[0][-1] in ".?"
    return lines[0]


def test_one_turn_to_a_video(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "hello.mp4"
    facts = facts_of(
        folder, "talk", "Hello, who are you?", "--out", str(out), "--size", "256", "--fps", "15"
    )
    assert facts["text"] == "Hello, who are you?"
    assert len(facts["reply"].split()) >= 3
    assert facts["engine"] == "persona"
    assert [stage["name"] for stage in facts["stages"]] == STAGES
    assert facts["slowest"] in STAGES
    assert facts["phonemes"]
    frames = list(iter_frames(out))
    picture = frames[0][1] if isinstance(frames[0], tuple) else frames[0]
    assert picture.shape[:2] == (256, 256)
    assert len(frames) == pytest.approx((facts["seconds"] + 0.4) * 15, abs=2)
    pcm = read_audio(out)
    pcm = pcm[0] if isinstance(pcm, tuple) else pcm
    assert abs(pcm).max() > 1_000


def test_speech_in_speech_out(folder: Path, tmp_path: Path) -> None:
    question, answer = tmp_path / "question.wav", tmp_path / "answer.wav"
    said = facts_of(
        folder, "say", "Hello, how are you today?", "--out", str(question),
        "--character", "Ren", "--voice", "en-us",
    )  # fmt: skip
    with wave.open(str(question)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (48_000, 1)
        assert sound.getnframes() / 48_000 == pytest.approx(said["seconds"], abs=0.01)
    heard = facts_of(folder, "transcribe", str(question), STT_ENGINES="pocketsphinx")
    assert heard["engine"] == "pocketsphinx"
    assert set(heard["text"].lower().split()) & {"hello", "how", "are", "you", "today"}
    facts = facts_of(
        folder, "talk", "--audio", str(question), "--out", str(answer), STT_ENGINES="pocketsphinx"
    )
    assert [one["name"] for one in facts["stages"][:2]] == ["endpoint", "transcript"]
    assert answer.stat().st_size > 10_000


def test_a_portrait_speaks(folder: Path, tmp_path: Path) -> None:
    portrait, out = tmp_path / "face.png", tmp_path / "face.mp4"
    cv2.imwrite(str(portrait), photo_face(512).image)
    facts = facts_of(
        folder, "render", "--image", str(portrait), "--text", "Hello!", "--out", str(out)
    )
    assert facts["engine"] == "puppet"
    assert out.stat().st_size > 5_000


def test_the_doctor_knows_every_engine(folder: Path) -> None:
    done = run_command(folder, "doctor", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == (0 if facts["ok"] else 1)
    assert facts["version"] == VERSION
    findings = facts["findings"]
    assert {"topic", "name", "verdict", "detail", "remedy"} == set(findings[0])
    text = json.dumps(findings)
    for name in ("espeak", "pocketsphinx", "persona"):
        assert name in text.lower()
    assert all(one["detail"] for one in findings)


def test_putting_a_character_on_air(tmp_path: Path) -> None:
    listed = facts_of(tmp_path, "characters", "list")
    other = next(one for one in listed if not one["active"])
    used = facts_of(tmp_path, "characters", "use", other["name"].upper())
    assert [one["name"] for one in used if one["active"]] == [other["name"]]
    assert other["name"] in complaint_of(tmp_path, 1, "characters", "use", "Nobody")


def test_a_turn_beside_a_running_backend_leaves_its_database_alone(tmp_path: Path) -> None:
    backend = BackendChild.start(tmp_path)
    try:
        backend.ready()
        done = run_command(tmp_path, "talk", "Hello", "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["reply"]
        assert "the window is open" in done.stderr
    finally:
        backend.end()


def test_version_and_help(folder: Path) -> None:
    assert run_command(folder, "--version").stdout.strip() == f"kotodama {VERSION}"
    text = run_command(folder, "--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^ +{name}\b", text, re.M), name


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:

    for name in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            build_parser().parse_args([name, "--help"])
        assert caught.value.code == 0
        assert name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["talk"], 2, "in quotes"),
        (["talk", "Hi", "--out", "x.gif"], 2, ".mp4 or .wav"),
        (["talk", "Hi", "--out", "/no/such/folder/x.mp4"], 2, "no folder"),
        (["talk", "Hi", "--size", "99"], 2, "--size"),
        (["talk", "x" * 100_000], 1, "100,000 characters"),
        (["talk", "\x01\x02\x03\x04"], 2, "binary"),
        (["talk", "Hi", "--character", "Nobody"], 1, "Nobody"),
        (["talk", "--audio", "/no/such/file.wav"], 2, "file.wav"),
        (["say", "   ", "--out", "x.wav"], 2, "empty"),
        (["say", "Hi", "--out", "x.mp3"], 2, ".wav"),
        (["transcribe", str(ROOT / "config.py")], 2, "config.py"),
        (["render", "--image", "/no/face.png", "--text", "Hi", "--out", "x.mp4"], 2, "face.png"),
        (["render", "--image", str(ROOT / "config.py"), "--text", "Hi", "--out", "x.mp4"], 2,
         "PNG, JPEG or WebP"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:

    from tests.support.settings import make_settings

    make_settings(folder, monkeypatch)
    monkeypatch.chdir(folder)
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("kotodama: ")
    assert err.count("\n") == 1
    assert not (folder / "x.mp4").exists()
    assert not (folder / "x.wav").exists()


def test_broken_settings_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00binary")
    assert ".env is not a text file" in complaint_of(tmp_path, 2, "characters", "list")
    (tmp_path / ".env").write_text("THEME=pink\n")
    assert "THEME is 'pink'" in complaint_of(tmp_path, 2, "characters", "list")


@pytest.mark.skipif(sys.platform != "linux", reason="the display is a variable on Linux")
def test_without_a_display_it_serves_headless(tmp_path: Path) -> None:
    import signal
    import subprocess

    from tests.support.processes import PYTHON, environment

    process = subprocess.Popen(
        PYTHON,
        cwd=ROOT,
        env=environment(tmp_path, DISPLAY="", WAYLAND_DISPLAY=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert "http://127.0.0.1:" in process.stdout.readline()
        assert process.stdout.readline().startswith("Token: ")
        process.send_signal(signal.SIGINT)
        process.wait(20)
        err = process.stderr.read()
        assert "there is no display" in err
        assert "Traceback" not in err
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["sai"], "invalid choice: 'sai'"),
        (["say", "hello"], "required: --out; see ./run say --help."),
        (["characters"], "required: ACTION; see ./run characters --help."),
        (["talk", "hi", "--fps", "many"], "--fps: invalid int value: 'many'"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser(given).parse_args(given)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("kotodama: ") and said.count("\n") == 1 and told in said
