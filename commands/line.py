"""The command line: which commands there are, and what becomes of errors.

Without a command the window opens, or, where there is no display, the backend serves headless.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from config import VERSION, KotodamaError, Settings, load_settings

if TYPE_CHECKING:
    from subprocess import Popen

COMMANDS = {
    "window": "open the window (the default)",
    "serve": "run the backend alone",
    "talk": "one turn, to a video or a sound file",
    "listen": "a conversation by voice in the terminal",
    "say": "speak a text into a sound file",
    "transcribe": "write down the speech of a sound file",
    "render": "make a video of a portrait that speaks",
    "characters": "list characters, put one on air, give it a voice",
    "doctor": "check what is installed and which engines can run",
    "bench": "measure speed and memory",
    "extras": "install what is not in the light set",
    "models": "install, check and remove models and voices",
}
SUMMARY = "A character on your own computer that hears, thinks, speaks and moves its face."
PROGRAM = "run.bat" if sys.platform == "win32" else "./run"
"""What is typed to start it."""
FAILED = 1
USAGE = 2


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong with a call in one sentence, as all other errors are told."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        said = message[:1].upper() + message[1:]
        self.exit(USAGE, f"kotodama: {said}; see {self.prog} --help.\n")


def build_parser(given: list[str] | None = None) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        given: The arguments: only the command that they name is imported. None: all are.
    """
    parser = _Parser(prog=PROGRAM, description=SUMMARY, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"kotodama {VERSION}")
    parser.add_argument("--backend", metavar="URL", help="open the window on a backend elsewhere")
    parser.add_argument("--token", default="", help="token of that backend")
    parser.add_argument("--headless", action="store_true", help="serve without a window")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        if given is None or name in given:
            import_module(f"commands.{name}").add_arguments(command)
    return parser


def run(arguments: list[str] | None = None, backend: Popen[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Those of the process by default.
        backend: A backend process that was started early for the window.

    Returns:
        0 when it worked, 1 when it failed, 2 when it was called wrongly or a setting is wrong.
    """
    given = sys.argv[1:] if arguments is None else arguments
    args = build_parser(given).parse_args(given)
    args.backend_process = backend
    try:
        return _run(args)
    finally:
        if backend is not None and backend.stdin and not backend.stdin.closed:
            # Nobody took it: it ends when its input closes.
            backend.stdin.close()


def _run(args: argparse.Namespace) -> int:
    try:
        settings: Settings = load_settings()
    except KotodamaError as error:
        return _complain(error.message, USAGE)
    module = import_module(f"commands.{args.command or 'window'}")
    try:
        code: int = module.run(args, settings)
        return code
    except KotodamaError as error:
        return _complain(error.message, USAGE if error.status == 422 else FAILED)
    except KeyboardInterrupt:
        return _complain("stopped.", 130)
    except BrokenPipeError:
        return FAILED


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"kotodama: {message}\n")
    return code
