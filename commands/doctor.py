"""Check this computer: what is installed, which engines can run, and what to do about the rest."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from commands.shared import json_flag, show
from config import ROOT, VERSION, Settings

Verdict = Literal["ok", "note", "problem"]
MARKS: dict[Verdict, str] = {"ok": "✓", "note": "–", "problem": "✗"}
LEAST_FREE_GB = 1.0
EAST_ASIAN = {"zh-cn": "Chinese", "ja": "Japanese", "ko": "Korean"}
"""Languages whose fonts a Linux need not have, by fontconfig's tags."""
FONT_REMEDY = (
    "Debian, Ubuntu: sudo apt install fonts-noto-cjk; Fedora: sudo dnf install "
    "google-noto-sans-cjk-fonts; Arch: sudo pacman -S noto-fonts-cjk. Then start Kotodama anew."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do where something is wrong."""

    topic: str
    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Look at everything; 1 if there is a problem."""
    findings = [
        *_system(),
        *_fonts(),
        *_folders(settings),
        *_packages(),
        *_sound(),
        *asyncio.run(_engines(settings)),
        *_backend(settings),
    ]
    problems = [one for one in findings if one.verdict == "problem"]
    facts = {
        "version": VERSION,
        "ok": not problems,
        "findings": [asdict(one) for one in findings],
    }
    show(facts, list(_lines(findings, len(problems))), as_json=args.json)
    return 1 if problems else 0


def _lines(findings: list[Finding], problems: int) -> Iterator[str]:
    topic = ""
    for one in findings:
        if one.topic != topic:
            topic = one.topic
            yield f"\n{topic}"
        yield f"  {MARKS[one.verdict]} {one.name}: {one.detail}"
        if one.remedy:
            yield f"      → {one.remedy}"
    yield ""
    yield "Everything that is needed works." if not problems else f"Problems: {problems}."


def _system() -> Iterator[Finding]:
    import psutil

    from backend.health import read_gpu

    version = platform.python_version()
    yield Finding("Computer", "Python", "ok", f"{version} on {platform.platform()}")
    memory = psutil.virtual_memory()
    yield Finding(
        "Computer",
        "Processor and memory",
        "ok",
        f"{os.cpu_count()} cores, {memory.total / 1e9:.0f} GB, "
        f"{memory.available / 1e9:.0f} GB free",
    )
    gpu = read_gpu()
    detail = f"{gpu.name}" if gpu else "none found; everything here runs without one"
    yield Finding("Computer", "GPU", "ok" if gpu else "note", detail)
    yield _display()


def _display() -> Finding:
    from frontend.launch import has_display

    if importlib.util.find_spec("tkinter") is None:
        return Finding(
            "Computer",
            "Window",
            "problem",
            "this Python has no tkinter",
            "Debian: sudo apt install python3-tk; elsewhere install Python from python.org.",
        )
    if not has_display():
        return Finding("Computer", "Window", "note", "no display; the backend serves headless")
    return Finding("Computer", "Window", "ok", "tkinter and a display are there")


def _fonts() -> Iterator[Finding]:
    """Whether Chinese, Japanese and Korean can be shown, where fontconfig can tell."""
    program = shutil.which("fc-list") if sys.platform.startswith("linux") else None
    if program is None:
        return
    missing = []
    for tag, language in EAST_ASIAN.items():
        try:
            found = subprocess.run(
                [program, f":lang={tag}", "family"], capture_output=True, timeout=10, check=True
            ).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            return
        if not found:
            missing.append(language)
    if not missing:
        yield Finding("Computer", "Fonts", "ok", f"{', '.join(EAST_ASIAN.values())} can be shown")
        return
    detail = f"none for {', '.join(missing)}; the window shows boxes instead of their letters"
    yield Finding("Computer", "Fonts", "note", detail, FONT_REMEDY)


def _folders(settings: Settings) -> Iterator[Finding]:
    for name, folder in (
        ("Data", settings.database_path.parent),
        ("Models", settings.models_dir),
        ("Logs", settings.log_file.parent),
    ):
        yield _folder(name, folder)
    env = ROOT / ".env"
    detail = "read" if env.is_file() else "none; the defaults are used"
    yield Finding("Folders", ".env", "ok" if env.is_file() else "note", detail)


def _folder(name: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        return Finding(
            "Folders", name, "problem", f"{folder}: {error.strerror}", "Choose another in .env."
        )
    if not os.access(folder, os.W_OK):
        return Finding(
            "Folders", name, "problem", f"{folder} cannot be written", "Allow writing to it."
        )
    if free < LEAST_FREE_GB:
        return Finding(
            "Folders", name, "problem", f"{folder}: {free:.1f} GB free", "Free some disk space."
        )
    return Finding("Folders", name, "ok", f"{folder}, {free:.0f} GB free")


def _packages() -> Iterator[Finding]:
    """The locked packages that cannot be found, and the extras."""
    from importlib.metadata import PackageNotFoundError, version

    wanted = (
        "ttkbootstrap", "sounddevice", "websockets", "fastapi", "uvicorn", "sqlalchemy",
        "pillow", "psutil", "piper-tts", "onnxruntime", "opencv-python-headless", "av",
        "pocketsphinx", "espeakng-loader",
    )  # fmt: skip
    found, missing = [], []
    for name in wanted:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield (
        Finding("Packages", "Light set", "ok", ", ".join(found))
        if not missing
        else Finding(
            "Packages",
            "Light set",
            "problem",
            f"missing: {', '.join(missing)}",
            "Start ./run again.",
        )
    )
    for module, name, extra in (
        ("torch", "torch", "training"),
        ("whisper", "openai-whisper", "whisper"),
        ("faster_whisper", "faster-whisper", "faster-whisper"),
        ("pyaudio", "pyaudio", "pyaudio"),
    ):
        there = importlib.util.find_spec(module) is not None
        yield Finding(
            "Packages",
            name,
            "ok" if there else "note",
            "installed" if there else "not installed; not needed to talk",
            "" if there else f"python main.py extras install {extra}",
        )


def _sound() -> Iterator[Finding]:
    try:
        import sounddevice

        devices = list(sounddevice.query_devices())
    except OSError:
        yield Finding(
            "Sound",
            "PortAudio",
            "note",
            "not found; the character is silent in the window",
            "Debian: sudo apt install libportaudio2",
        )
        return
    for key, name in (
        ("max_output_channels", "Loudspeakers"),
        ("max_input_channels", "Microphones"),
    ):
        names = [str(one["name"]) for one in devices if one[key] > 0]
        detail = ", ".join(names) or "none"
        yield Finding("Sound", name, "ok" if names else "note", detail)


async def _engines(settings: Settings) -> list[Finding]:
    from backend.engines.host import EngineHost
    from event_system import EventBus

    host = EngineHost(lambda: settings, EventBus())
    kinds = {"stt": "Speech to text", "llm": "Chat model", "tts": "Voice", "clip": "Video"}
    findings = []
    for one in await host.describe(fresh=True):
        topic = f"Engines: {kinds.get(one.kind, one.kind)}"
        verdict: Verdict = "ok" if one.available else "note"
        findings.append(Finding(topic, one.label, verdict, one.reason, one.remedy))
    await host.close()
    return findings


def _backend(settings: Settings) -> Iterator[Finding]:
    from backend.run_file import read_run_file

    running = read_run_file(settings)
    detail = f"running on {running.url}" if running else "not running"
    yield Finding("Backend", "Process", "ok" if running else "note", detail)
    path = settings.database_path
    if path.exists():
        megabytes = path.stat().st_size / 1e6
        yield Finding("Backend", "Database", "ok", f"{path}, {megabytes:.1f} MB")
    else:
        yield Finding("Backend", "Database", "note", "not made yet")
