"""Kotodama: start it with `python main.py`, with or without a command (`--help` lists them)."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; see `commands.line`."""
    from commands.line import run

    return run(arguments)


if __name__ == "__main__":
    # Before anything that is not in the standard library is imported.
    import bootstrap

    bootstrap.enter()
    sys.exit(main())
