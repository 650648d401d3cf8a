"""Runs the backend: the port, the token, a graceful stop, and the end with its parent.

A supervised backend (a child of the window) reads its token from the first line of standard
input and ends when that input closes, which happens however its parent dies. It tells that it is
ready by one line of JSON on standard output.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable

import uvicorn
from filelock import FileLock, Timeout

from backend.app import create_app
from backend.errors import BusyError
from backend.run_file import Listening, lock_path, remove_run_file, write_run_file
from config import Settings, SettingsError

GRACE_S = 2
"""Seconds for open connections at the end; a frozen client would else hold the stop up forever."""
log = logging.getLogger("kotodama.server")


def serve(
    settings: Settings, *, supervised: bool = False, ready: Callable[[Listening], None] = print
) -> int:
    """Run until stopped.

    Args:
        supervised: The parent holds standard input open, and gives the token on its first line.
        ready: Called once the backend answers.

    Returns:
        The exit code.

    Raises:
        BusyError: Another backend works on the same data folder.
        SettingsError: The address cannot be listened on.
        DatabaseError: The database cannot be opened at all.
    """
    given = sys.stdin.readline() if supervised else "\n"
    if not given:
        # The parent went away, or does not need a backend after all.
        return 0
    token = given.strip() or settings.api_token.get_secret_value() or secrets.token_urlsafe(32)
    lock = FileLock(lock_path(settings))
    try:
        lock.acquire(timeout=5 if supervised else 0)
    except Timeout:
        raise BusyError(
            f"Another Kotodama backend is running on {settings.data_dir}; stop it first."
        ) from None
    try:
        listener, moved_from = _listen(settings.api_host, settings.api_port)
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        listening = Listening(f"http://{shown}:{port}", token, moved_from)
        return _run(settings, listener, listening, supervised, ready)
    finally:
        lock.release()


def _run(
    settings: Settings,
    listener: socket.socket,
    listening: Listening,
    supervised: bool,
    ready: Callable[[Listening], None],
) -> int:
    server = _Server(
        uvicorn.Config(
            create_app(settings, listening.token),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            ws_max_size=8_000_000,
            ws_per_message_deflate=False,
        )
    )

    def started() -> None:
        write_run_file(settings, listening)
        ready(listening)

    server.on_started = started
    server.on_stopped = lambda: remove_run_file(settings)
    if supervised:
        threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[listener])
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """uvicorn that tells when it answers, and when it has stopped.

    Told here and not after `run`, which a signal may never leave: uvicorn raises it again.
    """

    on_started: Callable[[], None]
    on_stopped: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, then tell."""
        try:
            await super().shutdown(sockets)
        finally:
            self.on_stopped()


def announce(listening: Listening) -> None:
    """Tell the parent process where the backend listens: one line of JSON on standard output."""
    facts = {"url": listening.url, "moved_from": listening.moved_from}
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _listen(host: str, port: int) -> tuple[socket.socket, int]:
    """A socket on the port, or on a free one if it is taken.

    Raises:
        SettingsError: The address is none of this computer's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for place in (port, 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, place))
            listener.listen(128)
            return listener, port if place != port else 0
        except OSError as error:
            listener.close()
            reason = error
            if place == 0:
                break
    raise SettingsError(f"API_HOST {host!r} cannot be listened on ({reason.strerror}).")


def _end_with_parent(server: uvicorn.Server) -> None:
    """Wait for standard input to close, then stop; a stop that hangs is forced."""
    try:
        while sys.stdin.buffer.read(4096):
            continue
    except (OSError, ValueError):
        log.info("standard input failed")
    server.should_exit = True
    threading.Timer(GRACE_S + 3, lambda: os._exit(1)).start()
