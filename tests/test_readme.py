"""Every command of the README is run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from config import ROOT
from tests.support.processes import run_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
STAY = {"./run", "./test", "./run serve", "./run bench", "./run listen"}
"""What does not come back by itself, or measures for minutes; other tests run these."""
COMMANDS = [line for line in LINES if line.startswith("./run") and line not in STAY]


def test_the_two_commands_are_there_and_can_be_run() -> None:
    assert {"./run", "./test"} <= set(LINES)
    for name in ("run", "test"):
        assert os.access(ROOT / name, os.X_OK)


def test_every_line_is_known() -> None:
    assert set(LINES) >= STAY
    assert all(line.startswith(("./run", "./test")) for line in LINES if line)


def test_the_files_that_it_shows_and_links_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).is_file(), target


@pytest.mark.slow
def test_the_commands_work_in_order(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 7
    shutil.copy(ROOT / "backend/avatar/assets/kotone/avatar.png", tmp_path / "portrait.png")
    made = run_command(tmp_path, "say", "How old are you?", "--out", str(tmp_path / "question.wav"))
    assert made.returncode == 0, made.stderr
    for line in COMMANDS:
        words = [
            str(tmp_path / word) if re.fullmatch(r"\w+\.(wav|mp4|png)", word) else word
            for word in shlex.split(line)[1:]
        ]
        done = run_command(tmp_path, *words)
        assert done.returncode == 0, (line, done.stderr)
        for name in re.findall(r"--out (\S+)", line):
            assert (tmp_path / name).stat().st_size > 10_000, line
