"""The server of GPT-SoVITS: one that we start and watch, or one that the user has started.

It asks nobody for a password, and can be told by any web page of this computer to load a pickle or
to end. So ours listens on this computer alone, at a port that nobody can guess.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import httpx

from backend.engines.process import Child, Program
from backend.engines.tts.gpt_sovits_faults import exception_line
from backend.engines.tts.gpt_sovits_folder import SovitsFolder
from backend.errors import EngineError

LABEL = "GPT-SoVITS"

_ANSWER_S = 2.0
_NO_COMMAND = 400
"""What a bare `/control` answers, by which it does nothing."""


class SovitsServer:
    """A server that we start from its folder. Methods may be called from any thread.

    Args:
        folder: The installation.
        data: Our own folder, for its configuration.
        start_s: How long it may take to load its models, seconds.

    Attributes:
        folder: The installation.
        address: Where it listens, once it was started.
    """

    def __init__(self, folder: SovitsFolder, data: Path, start_s: float) -> None:
        self.folder = folder
        self._data = data
        self._start_s = start_s
        self._child: Child | None = None
        self._changing = threading.Lock()
        self._reason = ""
        self._told = threading.Event()
        self.address = ""

    @property
    def running(self) -> bool:
        """Whether it can be asked now."""
        return self._child is not None and self._child.ready

    @property
    def stopped(self) -> bool:
        """Whether it is not even being watched; the next `start` takes as long as the first."""
        return self._child is None

    @property
    def start_number(self) -> tuple[int, int]:
        """Differs after each start: a new process knows nothing of what the old one was told."""
        return (id(self._child), self._child.starts if self._child else 0)

    def reason(self, wait_s: float) -> str:
        """The last exception in its log since `forget_reason`; waits for one to come."""
        self._told.wait(wait_s)
        return self._reason

    def forget_reason(self) -> None:
        """Something new begins."""
        self._reason = ""
        self._told.clear()

    def start(self) -> None:
        """See that it runs; the first time, wait until it has loaded its models.

        Raises:
            EngineError: It cannot be started, or ended and has not come back yet.
        """
        with self._changing:
            if self._child is not None:
                self._child.require()
                return
            config = self._data / "tts_infer.yaml"
            self.folder.copy_config(config)
            port = free_port()
            self.address = f"http://127.0.0.1:{port}"
            child = Child(
                Program(
                    name="gpt-sovits",
                    label=LABEL,
                    command=self.folder.command(port, config.resolve()),
                    folder=self.folder.path,
                    variables=self.folder.variables(),
                    ready=answers(self.address),
                    ready_s=self._start_s,
                    on_line=self._hear,
                )
            )
            child.start()
            self._child = child

    def stop(self) -> None:
        """End it, which frees its memory."""
        with self._changing:
            child, self._child = self._child, None
            if child is not None:
                child.stop()

    def _hear(self, line: str) -> None:
        if reason := exception_line(line):
            self._reason = reason
            self._told.set()


class OwnServer:
    """A server that the user runs; it is used as it is."""

    running = True
    stopped = False
    start_number = (0, 0)

    def __init__(self, address: str) -> None:
        self.address = address

    def reason(self, wait_s: float) -> str:
        """Its log is elsewhere."""
        return ""

    def forget_reason(self) -> None:
        """Its log is elsewhere."""

    def start(self) -> None:
        """See that it answers.

        Raises:
            EngineError: It does not.
        """
        if not answers(self.address)():
            raise EngineError(
                f"No GPT-SoVITS answers at {self.address}; start its api_v2.py, or correct"
                " GPT_SOVITS_URL."
            )

    def stop(self) -> None:
        """It is not ours to end."""


def answers(address: str) -> Callable[[], bool]:
    """A question whether GPT-SoVITS answers there; one that is at work may be slow to say."""

    def ask() -> bool:
        try:
            with httpx.Client(timeout=_ANSWER_S, trust_env=False) as client:
                return client.get(f"{address}/control").status_code == _NO_COMMAND
        except httpx.ReadTimeout:
            return True
        except httpx.HTTPError:
            return False

    return ask


def free_port() -> int:
    """A port of this computer that the system chose by chance."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
