"""Whisper models: list what is there, and convert OpenAI's files for faster-whisper."""

from __future__ import annotations

import argparse
from pathlib import Path

from commands.shared import json_flag, note, show
from config import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the Whisper models in the models folder")
    json_flag(listing)
    convert = actions.add_parser("convert", help="convert OpenAI's .pt for faster-whisper")
    convert.add_argument("file", type=Path, help="the .pt file")
    convert.add_argument("--out", type=Path, help="the folder to make; in the models folder")
    convert.add_argument(
        "--quantization",
        choices=("float16", "int8", "float32"),
        default="float16",
        help="number format; float16 keeps everything, int8 halves the size",
    )
    json_flag(convert)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if args.action == "list":
        _list(args, settings)
    else:
        _convert(args, settings)
    return 0


def _list(args: argparse.Namespace, settings: Settings) -> None:
    from backend.engines.stt.whisper_models import installed

    found = [
        {"path": str(path), "format": "folder" if path.is_dir() else "pt", "mb": _megabytes(path)}
        for path in installed(settings.models_dir)
    ]
    lines = [f"{one['mb']:>7} MB  {one['path']}" for one in found]
    show(found, lines or [f"no Whisper model in {settings.models_dir}"], as_json=args.json)


def _convert(args: argparse.Namespace, settings: Settings) -> None:
    from backend.engines.base import Requirement
    from backend.engines.stt.whisper_convert import convert
    from backend.errors import BadInputError

    package = Requirement("faster_whisper", "python main.py extras install faster-whisper")
    if not package.present:
        raise BadInputError(f"Converting needs a package: `{package.install}`.")
    target = args.out or settings.models_dir / f"faster-whisper-{args.file.stem}"
    note(f"converting {args.file.name} …")
    convert(args.file, target, quantization=args.quantization)
    facts = {"path": str(target), "mb": _megabytes(target)}
    line = f"{target} is made ({facts['mb']} MB); WHISPER_MODEL={args.file.stem} uses it."
    show(facts, [line], as_json=args.json)


def _megabytes(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6)
