"""The C library's heaps: few of them, and none where there are no such."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backend import heap

COUNT = """
import ctypes, threading
from backend.heap import share_heaps
share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
start = threading.Barrier(12)
places = set()
def work():
    start.wait()
    for _ in range(2_000):
        places.add(libc.malloc(2_000) >> 26)
threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
print(len(places))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heaps are Linux's")
def test_many_threads_share_two_heaps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, check=True, timeout=60
    )
    # A heap lies within 64 MB; the program's own may lie across a border of that.
    assert int(done.stdout) <= 4


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.sys, "platform", "win32")
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _name: pytest.fail("it was asked"))
    heap.share_heaps()
