"""Decodes one untrusted picture, alone in a process of its own. Run as a script, never imported.

Reads the picture's bytes from standard input. Writes one line of JSON, then the pixels:
`{"width": w, "height": h, "channels": 3 or 4}` and rows of BGR or BGRA; or `{"error": code}`.
Pillow's decoders are large C programs that meet hostile files; whatever happens to this process,
the one that asked lives on.
"""

import json
import sys
from contextlib import suppress

FORMATS = ("PNG", "JPEG", "WEBP")


def limit_resources(memory_bytes: int, cpu_seconds: int) -> None:
    """Have the kernel end this process when it takes too much, where the kernel can."""
    try:
        import resource
    except ImportError:  # Windows: the asking process still keeps a time limit.
        return
    for kind, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS refuses an address space limit.
            resource.setrlimit(kind, (value, value))


def fail(code: str) -> None:
    """Say why there is no picture, and end."""
    sys.stdout.buffer.write(json.dumps({"error": code}).encode() + b"\n")
    sys.stdout.flush()
    raise SystemExit(0)


def decode(data: bytes, max_pixels: int, max_edge: int) -> None:
    """Write the picture, upright and no larger than `max_edge`."""
    import io
    import warnings

    from PIL import Image, ImageOps, UnidentifiedImageError

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # Our own limit, below, is checked before any pixel is decoded.
    picture: Image.Image
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        return fail("format")
    except Exception:
        return fail("damaged")
    if picture.width * picture.height > max_pixels:
        return fail(f"pixels {picture.width} {picture.height}")
    try:
        picture.draft("RGB", (max_edge, max_edge))
        picture.load()
    except MemoryError:
        return fail("memory")
    except Exception:
        return fail("damaged")
    if picture.mode.startswith("I"):  # 16 bits a channel.
        picture = picture.point(lambda value: value / 256).convert("L")
    with suppress(Exception):  # A broken EXIF block is no reason to refuse the picture.
        picture = ImageOps.exif_transpose(picture)
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    picture = picture.convert("RGBA" if clear else "RGB")
    picture.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    head = {"width": picture.width, "height": picture.height, "channels": 4 if clear else 3}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.write(picture.tobytes("raw", "BGRA" if clear else "BGR"))
    sys.stdout.flush()
    return None


if __name__ == "__main__":
    edge, pixels, memory, seconds = (int(value) for value in sys.argv[1:5])
    limit_resources(memory, seconds)
    decode(sys.stdin.buffer.read(), pixels, edge)
