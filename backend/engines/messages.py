"""How the backend and its worker processes talk: messages over pipes, by the standard library.

A message is a head (a JSON object) and a body (bytes). On the pipe: the lengths of both as two
little-endian 32-bit numbers, then both. A worker imports this before it has anything else.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import threading
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

LARGEST = 1 << 26
"""Bytes of a head or a body; more is a broken pipe, not a message."""
_LENGTHS = struct.Struct("<II")


class Message(NamedTuple):
    """What is said at once."""

    head: dict[str, Any]
    body: bytes = b""


def write_message(pipe: BinaryIO, message: Message) -> None:
    """Write a message.

    Raises:
        OSError: Nobody reads any more.
    """
    head = json.dumps(message.head, separators=(",", ":")).encode()
    left = memoryview(_LENGTHS.pack(len(head), len(message.body)) + head + message.body)
    while left:
        left = left[pipe.write(left) :]
    pipe.flush()


def read_message(pipe: BinaryIO) -> Message | None:
    """The next message, or None at the end of the pipe.

    Raises:
        ValueError: What came is no message.
    """
    lengths = _read(pipe, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, body_size = _LENGTHS.unpack(lengths)
    if max(head_size, body_size) > LARGEST:
        raise ValueError("a message longer than any")
    head, body = _read(pipe, head_size), _read(pipe, body_size)
    if head is None or body is None:
        return None
    parsed = json.loads(head)
    if not isinstance(parsed, dict):
        raise ValueError("a message without a head")
    return Message(parsed, body)


def _read(pipe: BinaryIO, size: int) -> bytes | None:
    """So many bytes, or None if there are no more."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = pipe.read(size - len(pieces))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


class WorkerChannel:
    """A worker's side: what it is asked, and the way to answer.

    Standard output carries the answers; whatever else prints there goes to standard error. The
    process ends at once, in the midst of its work, when its standard input ends: nobody is left.
    """

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._asked: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()

    def next(self, *, wait: bool) -> Message | None:
        """The next request; without `wait` None if there is none yet."""
        with suppress(queue.Empty):
            return self._asked.get(block=wait)
        return None

    def answer(self, message: Message) -> None:
        """Answer; the head has the `id` of the request."""
        write_message(self._answers, message)

    def _receive(self) -> None:
        # Not `sys.stdin`, whose lock would be held when the main thread ends the interpreter.
        asked = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - open to the end
        try:
            while (message := read_message(asked)) is not None:
                self._asked.put(message)
        finally:
            os._exit(0)
