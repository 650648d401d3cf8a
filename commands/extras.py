"""Install what is not in the light set, on demand."""

from __future__ import annotations

import argparse
import sys

from config import KotodamaError, Settings


class ExtraError(KotodamaError):
    """An extra cannot be installed."""

    code = "extra"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list the extras")
    install = actions.add_parser("install", help="install one")
    install.add_argument("name", help="its name")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    from bootstrap import SetupError, install_extra
    from script.setup.extras import EXTRAS

    if args.action == "list":
        for name, extra in EXTRAS.items():
            sys.stdout.write(f"{name:16} {extra}\n")
        return 0
    try:
        install_extra(args.name)
    except SetupError as error:
        raise ExtraError(str(error)) from error
    return 0
