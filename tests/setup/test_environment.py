"""The check at every start: what makes an environment fit, and what makes it be built anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bootstrap import Environment, SetupError, Stamp, sha256


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A finished environment, as far as the check looks."""
    root = Path(os.path.realpath(tmp_path))
    lock = root / "requirements.txt"
    lock.write_text("alpha==1\n", encoding="utf-8")
    made = Environment(str(root))
    Path(made.scripts).mkdir(parents=True)
    base = os.path.realpath(sys.executable)
    Path(made.python).symlink_to(base)
    stamp = Stamp(made.root, base)
    status = lock.stat()
    stamp.files["requirements.txt"] = (status.st_size, status.st_mtime_ns, sha256(str(lock)))
    stamp.write(made.stamp_path)
    return made


NAMES = ("requirements.txt",)


def test_a_finished_environment_is_ready(environment: Environment) -> None:
    assert environment.is_ready(NAMES)
    assert not environment.is_running()


def test_a_touched_lock_is_hashed_once_and_is_still_ready(environment: Environment) -> None:
    lock = Path(environment.root, "requirements.txt")
    os.utime(lock, ns=(1, 1))
    assert environment.is_ready(NAMES)
    stamp = Stamp.read(environment.stamp_path)
    assert stamp is not None
    assert stamp.files["requirements.txt"][1] == lock.stat().st_mtime_ns


def test_a_changed_lock_is_not_ready(environment: Environment) -> None:
    Path(environment.root, "requirements.txt").write_text("alpha==2\n", encoding="utf-8")
    assert not environment.is_ready(NAMES)


def test_a_lock_that_was_never_installed_is_not_ready(environment: Environment) -> None:
    Path(environment.root, "requirements-dev.txt").write_text("beta==1\n", encoding="utf-8")
    assert not environment.is_ready([*NAMES, "requirements-dev.txt"])


def test_a_missing_lock_is_named(environment: Environment) -> None:
    with pytest.raises(SetupError, match=r"requirements-dev\.txt is missing"):
        environment.is_ready(["requirements-dev.txt"])


def test_a_moved_folder_is_not_ready(environment: Environment, tmp_path: Path) -> None:
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    Path(environment.root).rename(moved)
    assert not Environment(os.path.realpath(moved)).is_ready(NAMES)


def test_a_kill_while_installing_is_seen(environment: Environment) -> None:
    stamp = Stamp.read(environment.stamp_path)
    assert stamp is not None
    stamp.installing = True
    stamp.write(environment.stamp_path)
    assert not environment.is_ready(NAMES)


def test_a_removed_interpreter_is_seen(environment: Environment) -> None:
    Path(environment.python).unlink()
    Path(environment.python).symlink_to("/nowhere/python3")
    assert not environment.is_ready(NAMES)


@pytest.mark.parametrize("content", ["", "other 1\n", "kotodama-environment 1\nroot\t/x\n", "\x00"])
def test_a_broken_stamp_counts_as_none(environment: Environment, content: str) -> None:
    Path(environment.stamp_path).write_text(content, encoding="utf-8")
    assert not environment.is_ready(NAMES)


def test_a_stamp_survives_its_file(tmp_path: Path) -> None:
    stamp = Stamp("/some where/日本語", "/usr/bin/python3.12")
    stamp.files["requirements.txt"] = (1, 2, "abc")
    stamp.extras.append("training")
    path = str(tmp_path / "stamp")
    stamp.write(path)
    read = Stamp.read(path)
    assert read is not None
    assert vars(read) == vars(stamp)
