"""Loading pictures that anybody may have made."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.errors import BadInputError, TooLargeError
from backend.media import image
from backend.media.image import load_picture, load_portrait
from tests.support.portraits import anime_face, photo_face


def _encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _corners() -> Image.Image:
    """Red, green, blue and white quarters, 120 by 80 pixels."""
    picture = Image.new("RGB", (120, 80), "white")
    picture.paste((255, 0, 0), (0, 0, 60, 40))
    picture.paste((0, 255, 0), (60, 0, 120, 40))
    picture.paste((0, 0, 255), (0, 40, 60, 80))
    return picture


def _bomb(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read_as_bgr(kind: str) -> None:
    frame = load_picture(_encode(_corners(), kind))
    assert frame.dtype == np.uint8
    assert frame.shape == (80, 120, 3)
    assert frame[20, 30].astype(int) == pytest.approx((0, 0, 255), abs=12)
    assert frame[60, 30].astype(int) == pytest.approx((255, 0, 0), abs=12)


def test_a_file_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(_encode(_corners(), "PNG"))
    assert np.array_equal(load_picture(path), load_picture(path.read_bytes()))
    assert np.array_equal(load_picture(str(path)), load_picture(path))


def test_transparency_is_kept() -> None:
    picture = _corners().convert("RGBA")
    picture.putpixel((0, 0), (1, 2, 3, 0))
    frame = load_picture(_encode(picture, "PNG"))
    assert frame.shape == (80, 120, 4)
    assert tuple(frame[0, 0]) == (3, 2, 1, 0)
    assert frame[50, 50, 3] == 255


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16"])
def test_every_colour_mode_is_understood(mode: str) -> None:
    if mode == "I;16":
        values = np.full((80, 120), 40_000, np.uint16)
        values[:40] = 200
        picture = Image.fromarray(values)
    else:
        picture = _corners().convert(mode)
    frame = load_picture(_encode(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert frame.shape[:2] == (80, 120)
    white = frame[45:75, 65:115, :3].mean()
    assert white > 120
    assert frame[5:35, 5:55, :3].mean() < 0.7 * white


def test_the_camera_turn_is_undone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Turned a quarter clockwise to be upright.
    frame = load_picture(_encode(_corners(), "JPEG", exif=exif))
    assert frame.shape == (120, 80, 3)
    assert frame[30, 60].astype(int) == pytest.approx((0, 0, 255), abs=16)


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    data = _encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert tuple(load_picture(data)[32, 32]) == (0, 0, 255)


def test_a_large_picture_comes_back_smaller() -> None:
    frame = load_picture(_encode(Image.new("RGB", (3000, 1500), "gray"), "JPEG"), max_edge=512)
    assert frame.shape == (256, 512, 3)


REFUSED: dict[str, tuple[Callable[[], bytes], type[BadInputError], str]] = {
    "empty": (lambda: b"", BadInputError, "empty"),
    "text": (lambda: b"hello " * 100, BadInputError, "not a picture"),
    "gif": (lambda: _encode(_corners(), "GIF"), BadInputError, "PNG, JPEG or WebP"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", BadInputError, "not a picture"),
    "cut off png": (lambda: _encode(_corners(), "PNG")[:150], BadInputError, "damaged or cut off"),
    "cut off jpeg": (
        lambda: _encode(Image.fromarray(photo_face(256).image), "JPEG")[:4000],
        BadInputError,
        "damaged or cut off",
    ),
    "header only": (lambda: _encode(_corners(), "PNG")[:20], BadInputError, "."),
    "bomb": (lambda: _bomb(20_000, 20_000), TooLargeError, "20,000 x 20,000"),
    "wide bomb": (lambda: _bomb(2_000_000_000, 1), BadInputError, "."),
    "too many bytes": (lambda: b"\x89PNG" + bytes(image.MAX_BYTES), TooLargeError, "20 MB"),
    "tiny": (lambda: _encode(Image.new("RGB", (5, 5)), "PNG"), BadInputError, "too small"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_with_one_sentence(name: str) -> None:
    make, kind, sentence = REFUSED[name]
    with pytest.raises(kind, match=sentence) as caught:
        load_picture(make())
    message = caught.value.message
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"nobody\.png cannot be read"):
        load_picture(tmp_path / "nobody.png")
    with pytest.raises(BadInputError, match="cannot be read"):
        load_picture(tmp_path)


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(image, "_CHILD", slow)
    monkeypatch.setattr(image, "CHILD_SECONDS", 1)
    with pytest.raises(BadInputError, match="too long"):
        load_picture(_encode(_corners(), "PNG"))


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dead = tmp_path / "dead.py"
    dead.write_text("import os; os.abort()")
    monkeypatch.setattr(image, "_CHILD", dead)
    with pytest.raises(BadInputError, match="memory"):
        load_picture(_encode(_corners(), "PNG"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_the_child_cannot_take_more_memory_than_it_is_given() -> None:
    data = _encode(Image.new("RGB", (6000, 6000), "gray"), "PNG")
    small = str(120 * 1024 * 1024)
    done = subprocess.run(
        [sys.executable, "-I", str(image._CHILD), "2048", "40000000", small, "10"],
        input=data,
        capture_output=True,
        check=False,
    )
    assert b'"width"' not in done.stdout


def test_a_portrait_is_cut_around_a_small_face() -> None:
    face = photo_face(1024, scale=0.3, center=(0.7, 0.35))
    data = _encode(Image.fromarray(face.image[..., ::-1]), "PNG")
    frame = load_portrait(data)
    assert frame.shape[0] == frame.shape[1]
    assert frame.shape[0] < 700
    # The head is dark-haired before a grey wall: it stands near the middle of the cut.
    dark = np.argwhere(frame.mean(axis=2) < 60)
    assert abs(dark[:, 1].mean() / frame.shape[1] - 0.5) < 0.1


def test_a_portrait_that_fills_its_picture_is_kept_whole() -> None:
    face = anime_face(400, transparent=True)
    rgba = face.image[..., [2, 1, 0, 3]]
    frame = load_portrait(_encode(Image.fromarray(rgba), "PNG"), max_edge=256)
    assert frame.shape == (256, 256, 4)


def test_a_wide_picture_becomes_square() -> None:
    picture = Image.new("RGB", (600, 200), "gray")
    assert load_portrait(_encode(picture, "PNG")).shape == (200, 200, 3)
