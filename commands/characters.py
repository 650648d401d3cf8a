"""List the characters and the voices, put a character on air, and give it a voice."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from commands.shared import json_flag, show, with_room
from config import Settings

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


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if args.action == "voices":
        return _list_voices(args, settings)

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
