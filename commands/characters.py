"""List the characters and the voices, put a character on air, give it a voice and its words."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.shared import json_flag, show, with_room
from config import Settings, write_atomically

if TYPE_CHECKING:
    from backend.room import EngineRoom


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the characters")
    json_flag(listing)
    use = actions.add_parser("use", help="put a character on air")
    use.add_argument("name", help="its name or number")
    json_flag(use)
    voices = actions.add_parser("voices", help="list the voices that can speak here")
    json_flag(voices)
    voice = actions.add_parser("voice", help="give a character a voice")
    voice.add_argument("name", help="its name or number")
    voice.add_argument("voice", help="ENGINE/VOICE, as `characters voices` lists them")
    voice.add_argument("--speed", type=float, help="0.5 to 2.0; 1.0 is the voice's own")
    voice.add_argument("--pitch", type=float, help="semitones, -12 to 12")
    json_flag(voice)
    words = actions.add_parser("words", help="what a character says for words")
    words.add_argument("name", help="its name or number")
    files = words.add_mutually_exclusive_group()
    files.add_argument("--import", type=Path, dest="source", help="take them from a CSV or JSON")
    files.add_argument("--export", type=Path, dest="target", help="write them to a CSV or JSON")
    json_flag(words)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if args.action == "voices":
        return _list_voices(args, settings)
    if args.action == "words":
        return _words(args, settings)

    async def work(room: EngineRoom) -> list[dict[str, Any]]:
        if args.action == "use":
            await room.switch_character(room.characters.find(args.name).id)
        elif args.action == "voice":
            await room.give_voice(room.characters.find(args.name).id, _voice(args))
        active = room.characters.active().id
        return [
            {"id": one.id, "name": one.name, "active": one.id == active, "profile": one.profile}
            for one in room.characters.all()
        ]

    found = with_room(settings, work)
    lines = [f"{'*' if one['active'] else ' '} {one['id']:>3}  {one['name']}" for one in found]
    show(found, lines, as_json=args.json)
    return 0


def _list_voices(args: argparse.Namespace, settings: Settings) -> int:
    from backend.engines.voice_list import list_voices

    async def work(room: EngineRoom) -> list[dict[str, str]]:
        return [
            {"id": full, "name": one.name, "language": one.language}
            for full, one in await list_voices(room.host)
        ]

    found = with_room(settings, work)
    lines = [f"{one['language']:<8} {one['id']:<40} {one['name']}" for one in found]
    show(found, lines, as_json=args.json)
    return 0


def _words(args: argparse.Namespace, settings: Settings) -> int:
    """Show what a character says for words, after taking it from a file or into one."""
    from backend.speech_text.pronunciation import (
        as_csv,
        as_json,
        read_file,
        stored_pronunciations,
    )

    entries = read_file(_content(args.source)) if args.source else None

    async def work(room: EngineRoom) -> list[dict[str, Any]]:
        character = room.characters.find(args.name)
        if entries is not None:
            character = await room.give_pronunciations(character.id, entries)
        return list(character.pronunciations)

    found = with_room(settings, work)
    if args.target:
        form = as_json if args.target.suffix.lower() == ".json" else as_csv
        write_atomically(args.target, form(stored_pronunciations(found)).encode())
    lines = [f"{one['word']}  →  {one['say']}" for one in found]
    show(found, lines or ["No words are set; all are said as they are written."], as_json=args.json)
    return 0


def _content(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        BadInputError: It cannot be read.
    """
    from backend.errors import BadInputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error


def _voice(args: argparse.Namespace) -> dict[str, Any]:
    """The voice that was asked for, with what was said of its manner.

    Raises:
        BadInputError: A number is out of its range.
    """
    from backend.errors import BadInputError

    chosen: dict[str, Any] = {"voice": args.voice}
    for name, low, high in (("speed", 0.5, 2.0), ("pitch", -12.0, 12.0)):
        value = getattr(args, name)
        if value is not None:
            if not low <= value <= high:
                raise BadInputError(f"--{name} is {low:g} to {high:g}, not {value:g}.")
            chosen[name] = value
    return chosen
