"""What the doctor says of fonts, with a stand-in for fontconfig's program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from commands import doctor

Listing = Callable[[dict[str, bytes]], None]


@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """Let `fc-list` answer so for each language."""

    def answer(listed: dict[str, bytes]) -> None:
        def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
            return subprocess.CompletedProcess(command, 0, listed[command[1]])

        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(doctor.shutil, "which", lambda _name: "/usr/bin/fc-list")
        monkeypatch.setattr(doctor.subprocess, "run", run)

    return answer


def test_missing_fonts_are_named_with_what_to_install(fonts: Listing) -> None:
    fonts({":lang=zh-cn": b"", ":lang=ja": b"IPAGothic\n", ":lang=ko": b"\n"})
    (finding,) = doctor._fonts()
    assert finding.verdict == "note"
    assert finding.detail.startswith("none for Chinese, Korean; ")
    for system in ("fonts-noto-cjk", "dnf install", "pacman -S"):
        assert system in finding.remedy


def test_fonts_that_are_there_need_nothing(fonts: Listing) -> None:
    fonts(dict.fromkeys((":lang=zh-cn", ":lang=ja", ":lang=ko"), b"Noto Sans CJK JP\n"))
    (finding,) = doctor._fonts()
    assert (finding.verdict, finding.remedy) == ("ok", "")


def test_nothing_is_said_where_it_cannot_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert list(doctor._fonts()) == []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(doctor.shutil, "which", lambda _name: None)
    assert list(doctor._fonts()) == []

    def fail(command: list[str], **_options: Any) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(doctor.shutil, "which", lambda _name: "/usr/bin/fc-list")
    monkeypatch.setattr(doctor.subprocess, "run", fail)
    assert list(doctor._fonts()) == []
