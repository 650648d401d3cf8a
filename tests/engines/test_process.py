"""Child processes as they really run: small Python programs, started, watched, ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.engines.process import Child, Lines, Program, clean_environment, spawn
from backend.errors import EngineError
from config import ROOT
from tests.support.processes import is_running
from tests.support.window_parts import wait_until

WITH_GRANDCHILD = """
import os, pathlib, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {other.pid}")
time.sleep(600)
"""
DEAF = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}")
time.sleep(600)
"""
OWNER = """
import os, pathlib, sys, time
from backend.engines.process import Child, Program
child = Child(Program("sample", "The sample", (sys.executable, "-c", sys.argv[1], sys.argv[2])))
child.start()
time.sleep(600)
"""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Makes children that run a piece of Python; they are stopped at the end."""
    made: list[Child] = []

    def child(code: str, *arguments: str, **more: object) -> Child:
        command = (sys.executable, "-c", code, *arguments)
        program = Program("sample", "The sample", command, **more)  # type: ignore[arg-type]
        made.append(Child(program))
        return made[-1]

    yield child
    for one in made:
        one.stop()


def pids(file: Path) -> list[int]:
    wait_until(lambda: file.exists() and file.read_text())
    return [int(number) for number in file.read_text().split()]


def test_what_it_prints_is_in_the_log(
    make: Callable[..., Child], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "kotodama.sample")
    heard: list[str] = []
    code = (
        "import sys; print('うた one'); print('two', file=sys.stderr);"
        "sys.stdout.write('10 %\\r20 %\\r\\n'); sys.stdout.buffer.write(b'\\xff bad\\n')"
    )
    child = make(code, on_line=heard.append)
    child.start(keep=False)
    child.finish(20, lambda: True)
    wait_until(lambda: len(heard) == 5)
    assert sorted(heard) == sorted(["うた one", "two", "10 %", "20 %", "\ufffd bad"])
    levels = {record.message: record.levelname for record in caplog.records}
    assert (levels["うた one"], levels["10 %"], levels["20 %"]) == ("INFO", "DEBUG", "INFO")


def test_a_line_without_an_end_takes_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = os.pipe()
    lines = Lines("sample", os.fdopen(reader, "rb"))
    for _ in range(100):
        os.write(writer, b"x" * 50_000)
    os.close(writer)
    assert lines.last_words() == "x" * 2_000


def test_secrets_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("api_token", "secret")
    monkeypatch.setenv("HF_HOME", "kept")
    child = spawn(
        [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"],
        variables={"MORE": "1"},
    )
    seen = json.loads(child.communicate(timeout=20)[0])
    assert not {"OPENAI_API_KEY", "api_token"} & set(seen)
    assert (seen["HF_HOME"], seen["MORE"]) == ("kept", "1")
    assert clean_environment()["HF_HOME"] == "kept"


def test_it_is_ready_when_it_answers(make: Callable[..., Child], tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    code = "import pathlib, sys, time; time.sleep(0.3); pathlib.Path(sys.argv[1]).touch();"
    child = make(code + "time.sleep(600)", str(sign), ready=sign.exists)
    with pytest.raises(EngineError, match="is not running"):
        child.require()
    child.start()
    assert sign.exists()
    child.require()


def test_one_that_is_never_ready_is_ended(make: Callable[..., Child], tmp_path: Path) -> None:
    file = tmp_path / "pids"
    child = make(WITH_GRANDCHILD, str(file), ready=lambda: False, ready_s=2.0)
    with pytest.raises(EngineError, match=r"The sample was not ready in 2 s\."):
        child.start()
    assert not child.ready
    assert not any(map(is_running, pids(file)))


def test_one_that_ends_at_once_tells_its_last_words(make: Callable[..., Child]) -> None:
    child = make("raise SystemExit('no such checkpoint')", ready=lambda: False)
    with pytest.raises(EngineError, match="ended while it was being started; it said: no such"):
        child.start()
    missing = Child(Program("x", "X", ("there-is-no-such-program",), ready=lambda: False))
    with pytest.raises(EngineError, match="there-is-no-such-program cannot be started"):
        missing.start()


def test_an_exit_code_proves_nothing(make: Callable[..., Child], tmp_path: Path) -> None:
    out = tmp_path / "out"
    lazy = make("print('no face was found')")
    lazy.start(keep=False)
    with pytest.raises(EngineError, match="did not do its work; it said: no face was found"):
        lazy.finish(20, out.exists)
    good = make("import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); sys.exit(1)", str(out))
    good.start(keep=False)
    good.finish(20, out.exists)


def test_a_job_that_takes_too_long_is_ended(make: Callable[..., Child], tmp_path: Path) -> None:
    file = tmp_path / "pids"
    child = make(WITH_GRANDCHILD, str(file))
    child.start(keep=False)
    running = pids(file)
    with pytest.raises(EngineError, match=r"was not done in 0 s and was ended"):
        child.finish(0.1, lambda: True)
    assert not any(map(is_running, running))


def test_it_is_ended_with_all_it_started(make: Callable[..., Child], tmp_path: Path) -> None:
    file = tmp_path / "pids"
    child = make(WITH_GRANDCHILD, str(file))
    child.start()
    running = pids(file)
    assert len(running) == 2
    assert all(map(is_running, running))
    child.stop()
    assert not any(map(is_running, running))
    child.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX systems")
def test_one_that_ignores_the_request_is_killed(make: Callable[..., Child], tmp_path: Path) -> None:
    file = tmp_path / "pids"
    child = make(DEAF, str(file))
    child.start()
    (pid,) = pids(file)
    child.stop()
    assert not is_running(pid)


def test_one_that_dies_is_started_again(
    make: Callable[..., Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.engines.process.FIRST_WAIT_S", 0.05)
    file = tmp_path / "pids"
    child = make(WITH_GRANDCHILD, str(file))
    child.start()
    first = pids(file)
    file.unlink()
    os.kill(first[0], getattr(signal, "SIGKILL", signal.SIGTERM))
    second = pids(file)
    wait_until(lambda: child.ready)
    assert child.starts == 2
    assert not set(first) & set(second)
    # What the dead one had started is gone, too.
    wait_until(lambda: not is_running(first[1]))
    child.stop()
    assert not any(map(is_running, second))
    time.sleep(0.3)
    assert child.starts == 2


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_it_ends_when_its_owner_is_killed(tmp_path: Path, how: str) -> None:
    if not hasattr(signal, how):
        pytest.skip("there is no such signal here")
    file = tmp_path / "pids"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, WITH_GRANDCHILD, str(file)], cwd=ROOT)
    try:
        running = pids(file)
        owner.send_signal(getattr(signal, how))
        owner.wait(10)
        wait_until(lambda: not any(map(is_running, running)))
    finally:
        owner.kill()
        owner.wait()
