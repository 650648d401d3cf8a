"""Open the window, with a backend of its own or one elsewhere."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from config import Settings
from frontend.launch import has_display

if TYPE_CHECKING:
    from subprocess import Popen

    from filelock import BaseFileLock

RAISE_TRIES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none beside the global ones."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Open the window and stay until it is closed; without a display, serve headless."""
    if args.headless or not has_display():
        if not args.headless:
            sys.stderr.write("kotodama: there is no display, so the backend serves headless.\n")
        from backend.server import serve
        from commands.serve import tell

        return serve(settings, ready=tell)
    if args.backend:
        return _open_on(args.backend, args.token, settings)
    lock = _first_start(settings)
    if lock is None:
        return 0 if _raise_other(settings) else 1
    try:
        return _open(settings, args.backend_process)
    finally:
        lock.release()


def _open(settings: Settings, early: Popen[str] | None) -> int:
    _start_log(settings)
    from frontend.supervisor import BackendProcess

    backend = BackendProcess(settings, early=early)
    backend.start()
    try:
        from frontend.app import run_window

        return run_window(settings, backend)
    finally:
        backend.stop()


def _start_log(settings: Settings) -> None:
    """The window's log has a file of its own: two processes cannot rotate one."""
    from backend.logs import start_logging

    for problem in start_logging(settings, file=settings.log_file.with_name("window.log")):
        sys.stderr.write(f"kotodama: {problem}\n")


def _open_on(url: str, token: str, settings: Settings) -> int:
    _start_log(settings)
    from frontend.app import run_window
    from frontend.supervisor import FixedBackend

    token = token or settings.api_token.get_secret_value()
    return run_window(settings, FixedBackend(url, token))


def _first_start(settings: Settings) -> BaseFileLock | None:
    """The lock of the one window of a data folder, or None if another has it."""
    from filelock import FileLock, Timeout

    from config import SettingsError, make_folder

    try:
        make_folder(settings.data_dir)
        lock = FileLock(settings.data_dir / "window.lock")
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be written ({error.strerror}); "
            "set DATA_DIR."
        ) from error
    return lock


def _raise_other(settings: Settings) -> bool:
    """Ask the window that is open to come to the front."""
    import http.client
    from urllib.parse import urlsplit

    from backend.run_file import read_run_file

    for _attempt in range(RAISE_TRIES):
        backend = read_run_file(settings)
        if backend is not None:
            try:
                connection = http.client.HTTPConnection(urlsplit(backend.url).netloc, timeout=2)
                headers = {"Authorization": f"Bearer {backend.token}", "Content-Length": "0"}
                connection.request("POST", "/api/window/raise", headers=headers)
                if connection.getresponse().status == 200:
                    sys.stderr.write("kotodama: it is open already; its window is brought up.\n")
                    return True
            except OSError:
                pass
        time.sleep(0.25)
    sys.stderr.write("kotodama: it is open already, but its window does not answer.\n")
    return False
