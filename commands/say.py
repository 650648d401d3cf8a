"""Speak a text into a sound file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.shared import check_output, json_flag, show, with_room
from config import Settings

if TYPE_CHECKING:
    from backend.room import EngineRoom


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("text", help="what to say")
    parser.add_argument("--out", type=Path, required=True, help="the WAV to write")
    parser.add_argument("--character", default="", help="whose voice; the one on air by default")
    parser.add_argument(
        "--voice", default="", help="ENGINE/VOICE, as `characters voices` lists them"
    )
    parser.add_argument("--language", default="", help="BCP 47 tag, for example en-GB")
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    from backend.conversation.preparation import voice_of
    from backend.conversation.safety import check_message
    from backend.conversation.speaking import speak_text, with_choice
    from backend.engines.voice_list import find_voice
    from backend.media.wav import write_wav
    from event_system import PLAYOUT_RATE

    out = check_output(args.out, ".wav")
    text = check_message(args.text, settings.max_message_chars)

    async def work(room: EngineRoom) -> dict[str, Any]:
        character = (
            room.characters.find(args.character) if args.character else room.characters.active()
        )
        voice = await find_voice(room.host, args.voice) if args.voice else ""
        choice = with_choice(voice_of(character, settings), voice=voice, language=args.language)
        script = await speak_text(room.host, text, choice)
        pcm = script.pcm
        write_wav(out, pcm, PLAYOUT_RATE)
        return {
            "out": str(out),
            "seconds": round(len(pcm) / PLAYOUT_RATE, 3),
            "sample_rate": PLAYOUT_RATE,
            "phonemes": [[round(p.start, 3), round(p.end, 3), p.ipa] for p in script.phonemes],
        }

    facts = with_room(settings, work)
    show(facts, [f"{out}: {facts['seconds']:.1f} s"], as_json=args.json)
    return 0
