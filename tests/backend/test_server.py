"""The backend as a process: its port, its lock, its stop, and its end with its parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from backend.run_file import read_run_file
from config import ROOT, load_settings
from tests.support.live_backend import frozen_client
from tests.support.processes import BackendChild, environment, is_running, run_command
from tests.support.waiting import block_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
STOP_S = 3.0

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "main.py", "serve", "--supervised"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
child.stdin.write("t\\n"); child.stdin.flush()
print(child.pid, flush=True)
print(child.stdout.readline(), end="", flush=True)
time.sleep(600)
"""


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[BackendChild]:
    child = BackendChild.start(tmp_path)
    yield child
    child.end()


def health(url: str, token: str) -> int:
    answer = httpx.get(f"{url}/api/health", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def test_it_tells_where_it_listens_and_stops_gracefully_with_a_frozen_client(
    backend: BackendChild, tmp_path: Path
) -> None:
    announced = backend.ready()
    assert announced["moved_from"] == 0
    assert health(announced["url"], backend.token) == 200
    assert health(announced["url"], "other") == 401
    run_file = tmp_path / "data" / "backend.json"
    facts = json.loads(run_file.read_text())
    assert facts == {
        "url": announced["url"], "token": backend.token, "pid": backend.process.pid,
    }  # fmt: skip
    assert stat.S_IMODE(run_file.stat().st_mode) == 0o600
    port = urlsplit(announced["url"]).port
    assert port
    frozen = [frozen_client(port, path, backend.token) for path in ("/ws/voice", "/ws/events")]
    started = time.monotonic()
    backend.close_input()
    assert backend.process.wait(20) == 0
    assert time.monotonic() - started < STOP_S
    assert not run_file.exists()
    for client in frozen:
        client.close()


def test_a_signal_ends_it_and_leaves_no_run_file(backend: BackendChild, tmp_path: Path) -> None:
    backend.ready()
    started = time.monotonic()
    backend.process.send_signal(signal.SIGTERM)
    backend.process.wait(20)
    assert time.monotonic() - started < STOP_S
    assert not (tmp_path / "data" / "backend.json").exists()
    assert backend.process.stderr is not None
    assert "Traceback" not in backend.process.stderr.read()


def test_a_port_in_use_gives_a_free_one_and_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = BackendChild.start(tmp_path, API_PORT=str(port))
        try:
            announced = child.ready()
            assert announced["moved_from"] == port
            assert urlsplit(announced["url"]).port != port
            assert health(announced["url"], child.token) == 200
            child.close_input()
            assert child.process.wait(20) == 0
        finally:
            child.end()


def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert json.loads(parent.stdout.readline())["url"].startswith("http://127.0.0.1:")
    assert is_running(pid)
    parent.kill()
    parent.wait(10)
    try:
        block_until(lambda: not is_running(pid), 5)
    finally:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
    parent.stdout.close()


def test_two_backends_on_one_data_folder_are_refused(backend: BackendChild, tmp_path: Path) -> None:
    url = backend.ready()["url"]
    second = run_command(tmp_path, "serve")
    assert second.returncode == 1
    assert "Another Kotodama backend is running" in second.stderr
    assert second.stderr.count("\n") == 1
    assert health(url, backend.token) == 200


def test_after_a_kill_the_next_start_works_and_knows_all_events(tmp_path: Path) -> None:
    first = BackendChild.start(tmp_path)
    try:
        url = first.ready()["url"]
        head = {"Authorization": f"Bearer {first.token}"}
        httpx.post(f"{url}/api/switch_character", json={"character_id": 2}, headers=head)
        time.sleep(0.6)
        last = httpx.get(f"{url}/api/status", headers=head).json()["last_seq"]
    finally:
        first.end()
    second = BackendChild.start(tmp_path)
    try:
        url = second.ready()["url"]
        status = httpx.get(f"{url}/api/status", headers=head).json()
        assert status["last_seq"] > last
        told = httpx.get(f"{url}/api/events", headers=head).json()
        assert "character.switched" in [one["event"]["type"] for one in told]
        listed = httpx.get(f"{url}/api/characters", headers=head).json()
        assert [one["id"] for one in listed if one["active"]] == [2]
    finally:
        second.end()


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"API_PORT": "many"}, 2, "API_PORT"),
        ({"API_HOST": "203.0.113.77"}, 2, "API_HOST"),
        ({"DATA_DIR": "/dev/null/data"}, 2, "DATA_DIR"),
        ({"DATA_DIR": "/sys"}, 2, "DATA_DIR"),
    ],
)
def test_a_start_that_cannot_work_is_one_sentence(
    tmp_path: Path, variables: dict[str, str], code: int, said: str
) -> None:
    done = run_command(tmp_path, "serve", **variables)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.startswith("kotodama: ")
    assert done.stderr.count("\n") == 1


def test_a_damaged_database_is_told_to_the_clients(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kotodama.db").write_bytes(b"broken" * 2_000)
    child = BackendChild.start(tmp_path)
    try:
        url = child.ready()["url"]
        time.sleep(0.6)
        head = {"Authorization": f"Bearer {child.token}"}
        told = httpx.get(f"{url}/api/events", headers=head).json()
        messages = [one["event"].get("message", "") for one in told]
        assert any("database was damaged" in message for message in messages)
    finally:
        child.end()


def test_a_run_file_that_is_no_run_file_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KOTODAMA_ENV_FILE", str(tmp_path / ".env"))
    settings = load_settings()
    assert read_run_file(settings) is None
    for content in (b"", b"{", b"[]", b"null", b'{"url": 5}', b"\xff"):
        (tmp_path / "backend.json").write_bytes(content)
        assert read_run_file(settings) is None
