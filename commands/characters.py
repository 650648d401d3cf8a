"""List the characters, and put one on air."""

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


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""

    async def work(room: EngineRoom) -> list[dict[str, Any]]:
        if args.action == "use":
            await room.switch_character(room.characters.find(args.name).id)
        active = room.characters.active().id
        return [
            {"id": one.id, "name": one.name, "active": one.id == active, "profile": one.profile}
            for one in room.characters.all()
        ]

    found = with_room(settings, work)
    lines = [f"{'*' if one['active'] else ' '} {one['id']:>3}  {one['name']}" for one in found]
    show(found, lines, as_json=args.json)
    return 0
