"""Workers as they really run: a small module of their own, asked, killed, hung."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.engines.messages import LARGEST, Message, read_message, write_message
from backend.engines.worker import Worker, WorkerGoneError
from backend.errors import EngineError
from tests.support.processes import is_running
from tests.support.window_parts import wait_until

MODULE = """
import os, signal, sys, time
from backend.engines.messages import Message, WorkerChannel

channel = WorkerChannel()
print("a library prints")
channel.answer(Message(START))
while True:
    head, body = channel.next(wait=True)
    if head["do"] == "die":
        sys.exit("out of memory")
    if head["do"] == "hang":
        time.sleep(600)
    if head["do"] == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    if head["do"] == "babble":
        os.write(channel._answers.fileno(), b"x" * 64)
        continue
    answer = {"failed": "It cannot."} if head["do"] == "fail" else {"pid": os.getpid()}
    channel.answer(Message({"id": head["id"], **answer}, body[::-1]))
"""


def write_module(folder: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> Worker:
    path = folder / "sample_worker.py"
    path.write_text(MODULE.replace("START", start))
    worker = Worker("sample_worker", "sample", "The sample", start_s=20)
    # Run by its path: the folder of a test is not where modules are looked for.
    code = f"import sys; sys.path.insert(0, '.'); exec(open({str(path)!r}).read())"
    monkeypatch.setattr(worker, "_command", [*worker._command[:1], "-c", code])
    return worker


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    made = write_module(tmp_path, monkeypatch, '{"ready": True}')
    yield made
    made.stop()


def ask(worker: Worker, what: str, body: bytes = b"", limit_s: float = 20.0) -> Message:
    return worker.ask(worker.start(), {"do": what}, body, limit_s)


def test_it_answers(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "kotodama.sample")
    body = bytes(range(256)) * 4_000
    assert ask(worker, "echo", body).body == body[::-1]
    assert ask(worker, "echo").body == b""
    wait_until(lambda: "a library prints" in caplog.messages)


def test_many_threads_get_their_own_answers(worker: Worker) -> None:
    found: dict[int, bytes] = {}

    def work(number: int) -> None:
        found[number] = ask(worker, "echo", bytes([number])).body

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: bytes([number]) for number in range(20)}


def test_what_it_cannot_do_is_an_error_and_it_lives_on(worker: Worker) -> None:
    with pytest.raises(EngineError, match=r"It cannot\."):
        ask(worker, "fail")
    ask(worker, "echo")
    assert worker.start() == 1


def test_one_that_dies_says_why_and_is_started_again(worker: Worker) -> None:
    with pytest.raises(WorkerGoneError, match="ended unexpectedly; it said: out of memory") as gone:
        ask(worker, "die")
    assert gone.value.retryable
    with pytest.raises(WorkerGoneError):
        worker.ask(1, {"do": "echo"}, b"", 20)
    assert worker.start() == 2
    with pytest.raises(WorkerGoneError, match="was started anew"):
        worker.ask(1, {"do": "echo"}, b"", 20)
    ask(worker, "echo")


def test_one_that_hangs_is_ended(worker: Worker) -> None:
    with pytest.raises(WorkerGoneError, match="did not answer in 1 s"):
        ask(worker, "hang", limit_s=1.0)
    ask(worker, "echo")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX systems")
def test_one_that_takes_nothing_more_is_ended(worker: Worker) -> None:
    pid = ask(worker, "echo").head["pid"]
    worker.tell(1, {"do": "freeze"})
    wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    with pytest.raises(WorkerGoneError, match="did not answer in 1 s"):
        ask(worker, "echo", bytes(20_000_000), limit_s=1.0)
    ask(worker, "echo")


def test_one_that_babbles_is_ended(worker: Worker) -> None:
    with pytest.raises(WorkerGoneError, match="gave no readable answer"):
        ask(worker, "babble")
    ask(worker, "echo")


def test_stopping_leaves_nothing(worker: Worker) -> None:
    pid = ask(worker, "echo").head["pid"]
    worker.stop()
    assert not is_running(pid)
    worker.stop()
    assert ask(worker, "echo").head["pid"] != pid


def test_a_busy_one_ends_with_its_input(worker: Worker) -> None:
    pid = ask(worker, "echo").head["pid"]
    told: list[str] = []

    def hang() -> None:
        with pytest.raises(WorkerGoneError) as caught:
            ask(worker, "hang")
        told.append(caught.value.message)

    asking = threading.Thread(target=hang)
    asking.start()
    wait_until(lambda: psutil.Process(pid).is_running())
    worker.stop()
    asking.join(20)
    assert told
    assert not is_running(pid)


def test_one_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = write_module(tmp_path, monkeypatch, '{"failed": "Its model is damaged."}')
    with pytest.raises(EngineError, match=r"Its model is damaged\.") as caught:
        broken.start()
    assert not caught.value.retryable
    crashing = write_module(tmp_path, monkeypatch, "{}[0]")
    with pytest.raises(WorkerGoneError, match="KeyError"):
        crashing.start()
    silent = write_module(tmp_path, monkeypatch, "{}, time.sleep(600)")
    silent._start_s = 1.0
    with pytest.raises(EngineError, match="was not ready in 1 s"):
        silent.start()


def test_messages_over_a_pipe() -> None:
    pipe = io.BytesIO()
    sent = [Message({"a": "語"}, b"\0body"), Message({})]
    for one in sent:
        write_message(pipe, one)  # type: ignore[arg-type]
    whole = pipe.getvalue()
    pipe.seek(0)
    assert [read_message(pipe), read_message(pipe), read_message(pipe)] == [*sent, None]
    for size in range(len(whole) - 8):
        cut = io.BytesIO(whole[:size])
        while (one := read_message(cut)) is not None:
            assert one == sent[0]
    for wrong in (b"\xff" * 8, b"\2\0\0\0\0\0\0\0[]", b"\1\0\0\0\0\0\0\0{"):
        with pytest.raises(ValueError, match=r"message|Expecting"):
            read_message(io.BytesIO(wrong))
    assert LARGEST > 60 * 32_000
