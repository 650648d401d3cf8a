"""Run the backend alone."""

from __future__ import annotations

import argparse
import gc
import sys
from typing import TYPE_CHECKING

from config import Settings

if TYPE_CHECKING:
    from backend.run_file import Listening


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--host", help="address to listen on instead of API_HOST")
    parser.add_argument("--port", type=int, help="port to listen on instead of API_PORT")
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until stopped."""
    # What is made while the program starts stays: looking for garbage among it costs time.
    gc.disable()
    from backend.server import announce, serve

    changes = {"api_host": args.host, "api_port": args.port}
    settings = settings.model_copy(
        update={key: value for key, value in changes.items() if value is not None}
    )

    def ready(listening: Listening) -> None:
        gc.freeze()
        gc.enable()
        (announce if args.supervised else tell)(listening)

    return serve(settings, supervised=args.supervised, ready=ready)


def tell(listening: Listening) -> None:
    """Tell a person where the backend listens."""
    if listening.moved_from:
        sys.stderr.write(f"kotodama: port {listening.moved_from} is in use; a free one is taken.\n")
    sys.stdout.write(
        f"Kotodama's backend listens on {listening.url}\n"
        f"Token: {listening.token}\n"
        f"Window on it: python main.py --backend {listening.url} --token {listening.token}\n"
    )
    sys.stdout.flush()
