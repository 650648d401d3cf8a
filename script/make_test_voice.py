"""Make a Piper voice with random weights, for tests and measurements without a download.

It makes sound of a plausible length in every language that espeak-ng reads, but says no words.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from commands.benchmarks.random_piper import MEDIUM, TINY, write_voice

SIZES = {"tiny": TINY, "medium": MEDIUM}


def main() -> None:
    """Write the voice that the arguments describe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the file to write, ending in .onnx")
    parser.add_argument("--size", choices=SIZES, default="tiny", help="tiny by default")
    parser.add_argument("--speakers", type=int, default=1)
    parser.add_argument("--espeak-voice", default="en-us", help="whose phonemes it reads")
    parser.add_argument("--seed", type=int, default=0, help="another number, another voice")
    args = parser.parse_args()
    if args.out.suffix != ".onnx" or args.speakers < 1:
        parser.error("OUT has to end in .onnx, and there is at least 1 speaker")
    path = write_voice(
        args.out,
        SIZES[args.size],
        speakers=args.speakers,
        espeak_voice=args.espeak_voice,
        seed=args.seed,
    )
    print(f"{path} and {path.name}.json: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
