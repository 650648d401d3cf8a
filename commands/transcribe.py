"""Write down the speech of a sound file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.shared import json_flag, note, show, with_room
from config import Settings

if TYPE_CHECKING:
    from backend.room import EngineRoom


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="a sound or video file")
    parser.add_argument("--language", default="", help="BCP 47 tag; LANGUAGE by default")
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    from backend.media.decode import decode_file
    from event_system import MICROPHONE_RATE

    sound = decode_file(args.file, MICROPHONE_RATE)
    if sound.warning:
        note(sound.warning)

    async def work(room: EngineRoom) -> dict[str, Any]:
        engine, transcript = await room.host.transcribe(
            sound.pcm, args.language or settings.speech_language
        )
        return {
            "text": transcript.text,
            "language": transcript.language,
            "seconds": round(len(sound.pcm) / MICROPHONE_RATE, 2),
            "engine": engine,
        }

    facts = with_room(settings, work)
    show(facts, [facts["text"] or "(no words were recognised)"], as_json=args.json)
    return 0
