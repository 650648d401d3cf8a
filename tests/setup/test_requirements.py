"""The requirements files: every package of the program stands in one, and the locks are clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from script.setup.extras import EXTRAS, without_hashes
from script.setup.interpreter import Interpreter, advice
from script.setup.packages import CAUSES

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
LIGHT = {"ttkbootstrap", "sounddevice", "websockets", "fastapi", "uvicorn", "sqlalchemy"}
LIGHT |= {"piper-tts", "pillow", "psutil"}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def names(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)", text(name), flags=re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_hashed_and_nothing_names_a_registry(name: str) -> None:
    lock = text(name)
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:", lock)
    pins = re.split(r"\n(?=[a-z])", lock)[1:]
    assert pins
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_light_set_has_what_it_must_and_no_torch() -> None:
    assert names("requirements.txt") >= LIGHT
    assert not names("requirements.txt") & {"torch", "openai-whisper", "pyaudio", "triton"}


def test_every_line_of_the_light_set_says_why() -> None:
    for line in text("requirements.in").splitlines():
        if line and not line.startswith(("#", "pocketsphinx")):
            assert re.search(r"\S +# \S", line), line


def test_every_extra_has_a_file_and_the_light_set_tells_of_its_package() -> None:
    for name in EXTRAS:
        assert (ROOT / f"requirements-{name}.txt").read_text(encoding="utf-8").startswith("# Extra")
    for package in ("torch", "openai-whisper", "pyaudio", "faster-whisper"):
        assert re.search(rf"^#   {package} ", text("requirements.in"), flags=re.MULTILINE)


def test_constraints_are_the_pins_without_hashes() -> None:
    pins = without_hashes(text("requirements.txt")).splitlines()
    assert all(re.match(r"[a-z0-9-]+==[\w.]+( ; .+[^\\])?$", pin) for pin in pins)
    assert {re.split("==", pin)[0] for pin in pins} == names("requirements.txt")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error: dns error: failed to lookup address", "The packages could not be downloaded"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "A downloaded package is not"),
        ("ERROR: Could not install: [Errno 13] Permission denied: x", "A file in"),
    ],
)
def test_a_failed_installation_is_explained(output: str, sentence: str) -> None:
    found = [s for pattern, s in CAUSES if re.search(pattern, output, flags=re.IGNORECASE)]
    assert found[0].startswith(sentence)


def test_a_python_without_tkinter_is_named() -> None:
    said = advice([Interpreter("/usr/bin/python3", (3, 11, 2), ("tkinter", "ensurepip"))])
    assert "Python 3.11.2 at /usr/bin/python3 lacks tkinter, ensurepip; " in said
