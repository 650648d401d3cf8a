"""The supervisor: start, token, announcement, restart with backoff, giving up, stop."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import Settings
from frontend import supervisor as module
from frontend.supervisor import STARTS_A_MINUTE, BackendProcess, FixedBackend
from tests.support.processes import is_running
from tests.support.settings import make_settings
from tests.support.waiting import block_until

ANNOUNCE = """
import json, sys
token = sys.stdin.readline().strip()
open(FOLDER + "/token", "w").write(token)
open(FOLDER + "/starts", "a").write("x")
print("a line that is no announcement")
print(json.dumps({"url": "http://127.0.0.1:4321", "moved_from": MOVED}), flush=True)
"""
UNTIL_INPUT_CLOSES = ANNOUNCE + "sys.stdin.read()\n"
FROZEN = (
    ANNOUNCE
    + "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
)
CRASH = "import sys\nopen(FOLDER + '/starts', 'a').write('x')\nsys.exit('boom: no such library')\n"
WRONG = "import sys\nsys.stderr.write('kotodama: API_PORT is wrong.\\n')\nsys.exit(2)\n"

Make = Callable[[str], BackendProcess]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return make_settings(tmp_path, monkeypatch)


@pytest.fixture
def make(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.02)
    made: list[BackendProcess] = []

    def make(script: str, moved: int = 0) -> BackendProcess:
        head = f"FOLDER, MOVED = {str(tmp_path)!r}, {moved}\n"
        process = BackendProcess(settings, [sys.executable, "-c", head + script])
        made.append(process)
        return process

    yield make
    for process in made:
        process.stop()


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text())


def pid_of(backend: BackendProcess) -> int:
    process = backend._process
    assert process is not None
    return process.pid


def test_it_starts_hands_over_the_token_and_stops(make: Make, tmp_path: Path) -> None:
    states: list[str] = []
    backend = make(UNTIL_INPUT_CLOSES)
    backend.on_change(lambda: states.append(backend.state))
    assert backend.current() is None
    backend.start()
    block_until(lambda: backend.state == "up")
    current = backend.current()
    assert current is not None
    assert current.url == "http://127.0.0.1:4321"
    assert len(current.token) >= 43, "256 bits"
    block_until(lambda: (tmp_path / "token").exists())
    assert (tmp_path / "token").read_text() == current.token
    assert backend.notice == ""
    pid = pid_of(backend)
    backend.stop()
    assert not is_running(pid)
    assert states == ["up"]


def test_every_run_has_a_token_of_its_own(settings: Settings) -> None:
    tokens = {BackendProcess(settings)._token for _ in range(5)}
    assert len(tokens) == 5


def test_a_fixed_token_is_used(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = settings.model_copy(update={"api_token": type(settings.api_token)("mine")})
    assert BackendProcess(fixed)._token == "mine"


def test_another_port_is_told(make: Make) -> None:
    backend = make(UNTIL_INPUT_CLOSES.replace("MOVED", "8765"))
    backend.start()
    block_until(lambda: backend.state == "up")
    assert backend.notice == "Port 8765 is in use, so the backend listens on 4321."


def test_a_backend_that_dies_is_started_again(make: Make, tmp_path: Path) -> None:
    backend = make(UNTIL_INPUT_CLOSES)
    states: list[tuple[str, bool]] = []
    backend.on_change(lambda: states.append((backend.state, backend.current() is not None)))
    backend.start()
    block_until(lambda: backend.state == "up")
    first = pid_of(backend)
    assert backend._process is not None
    backend._process.kill()
    block_until(lambda: backend.state == "up" and pid_of(backend) != first)
    assert states == [("up", True), ("down", False), ("up", True)]
    block_until(lambda: starts(tmp_path) == 2)


def test_it_gives_up_after_too_many_starts_and_says_why(make: Make, tmp_path: Path) -> None:
    backend = make(CRASH)
    backend.start()
    block_until(lambda: backend.state.startswith("failed: "), 30)
    assert starts(tmp_path) == STARTS_A_MINUTE
    assert "several times within a minute" in backend.state
    assert "boom: no such library" in backend.state
    assert backend.state.endswith(".")
    assert backend.current() is None


def test_trying_again_after_it_gave_up(make: Make, tmp_path: Path) -> None:
    backend = make(CRASH)
    backend.start()
    block_until(lambda: backend.state.startswith("failed: "), 30)
    backend._command[-1] = backend._command[-1].split("\n")[0] + "\n" + UNTIL_INPUT_CLOSES
    backend.restart()
    block_until(lambda: backend.state == "up")


def test_a_wrong_setting_is_told_at_once_and_not_tried_again(make: Make) -> None:
    for _attempt in range(5):
        backend = make(WRONG)
        backend.start()
        block_until(lambda b=backend: b.state.startswith("failed: "))
        assert backend.state == "failed: API_PORT is wrong."
        assert len(backend._starts) == 1


def test_the_wait_grows_with_each_failure(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    backend = make(CRASH)
    wait = backend._stopping.wait

    def note(seconds: float | None = None) -> bool:
        waits.append(seconds or 0)
        return wait(0.001)

    monkeypatch.setattr(backend._stopping, "wait", note)
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.07)
    backend.start()
    block_until(lambda: backend.state.startswith("failed: "), 30)
    assert waits == [0.02, 0.04, 0.07, 0.07]


def test_a_backend_that_does_not_stop_is_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_S", 0.2)
    backend = make(FROZEN)
    backend.start()
    block_until(lambda: backend.state == "up")
    pid = pid_of(backend)
    backend.stop()
    assert not is_running(pid)
    assert backend.state == "up", "a stop that was asked for is no failure"


def test_restarting_a_running_backend(make: Make, tmp_path: Path) -> None:
    backend = make(UNTIL_INPUT_CLOSES)
    backend.start()
    block_until(lambda: backend.state == "up")
    first = pid_of(backend)
    backend.restart()
    block_until(lambda: pid_of(backend) != first and backend.state == "up")
    assert not is_running(first)


def test_stopping_while_it_waits_to_start_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 60.0)
    backend = make(CRASH)
    backend.start()
    block_until(lambda: backend.state == "down")
    backend.stop()
    assert not backend._watcher.is_alive()


def test_a_backend_elsewhere_is_neither_started_nor_stopped() -> None:
    backend = FixedBackend("http://192.0.2.1:8765/", "t")
    current = backend.current()
    assert current is not None
    assert (current.url, current.token, backend.state) == ("http://192.0.2.1:8765", "t", "up")
    backend.on_change(lambda: None)
    backend.stop()
    assert backend.current() == current
