"""Measure speed and memory, each figure with what it was measured on and its bound."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from importlib import import_module
from typing import Any

from commands.shared import json_flag, show
from config import Settings

SUBJECTS = {
    "bus": "events a second",
    "talk": "typed line to first sound",
    "endpointing": "utterances kept whole",
    "echo": "the character's own voice in the microphone",
    "interruptions": "users who speak over the character's voice",
    "disturbances": "noise and music, while she speaks and while nobody does",
    "air": "her own voice over the real socket, in real time",
    "hour": "memory, threads and tasks of an hour of conversation",
    "answering": "end of speech to words and to voice",
    "visemes": "lips for voices that do not tell their phonemes",
    "whisper": "speech to text",
    "voices": "first sound, cost, joins and loudness of the voices",
    "speeds": "estimates of models' speed against what is measured",
    "film": "text to video, lips and voice",
    "start": "second start of the program",
    "downloads": "model downloads under faults, damaged voices",
    "window": "avatar, stop key, busy loop, memory",
}
GROUPS = {
    "listen": ("endpointing", "echo", "interruptions", "disturbances", "air", "hour", "answering")
}
"""Names for several at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    groups = {name: f"all of {', '.join(parts)}" for name, parts in GROUPS.items()}
    wide = max(map(len, SUBJECTS))
    listed = [f"  {name:{wide}}  {what}" for name, what in (SUBJECTS | groups).items()]
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["names:", *listed])
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all by default")
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measure; 1 if a bound is not kept."""
    from backend.errors import BadInputError
    from commands.benchmarks.figures import machine

    for name in args.names:
        if name not in {**SUBJECTS, **GROUPS}:
            known = ", ".join((*SUBJECTS, *GROUPS))
            raise BadInputError(f"There is no benchmark {name!r}; there is: {known}.")
    names = [part for name in args.names for part in GROUPS.get(name, (name,))]
    figures: list[dict[str, Any]] = []
    kept, on = True, machine()
    for name in names or SUBJECTS:
        sys.stderr.write(f"kotodama: measuring {name} …\n")
        for figure in import_module(f"commands.benchmarks.{name}").measure(settings):
            kept &= figure.kept is not False
            figures.append({"subject": name, **asdict(figure), "kept": figure.kept})
            if not args.json:
                show(None, [figure.line()], as_json=False)
    if args.json:
        show({"machine": on, "figures": figures}, [], as_json=True)
    return 0 if kept else 1
