"""Loads pictures that anybody may have made: with limits, and decoded in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from backend.avatar.puppet import Frame
from backend.avatar.rigging import find_rig, portrait_crop
from backend.engines.process import clean_environment, own_group
from backend.errors import BadInputError, TooLargeError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_EDGE = 32
DECODE_EDGE = 2_048
"""Edge that a picture is decoded to at most: more than a puppet shows, so that a face that is small
in its picture can still be cut out sharp."""

CHILD_MEMORY = 1_200 * 1024 * 1024
CHILD_SECONDS = 15

_CHILD = Path(__file__).with_name("image_child.py")


def load_picture(source: str | Path | bytes, max_edge: int = DECODE_EDGE) -> Frame:
    """Decode an untrusted PNG, JPEG or WebP (its first frame), upright.

    Args:
        source: A file, or its bytes.
        max_edge: The longer edge of what is returned, at most, in pixels.

    Returns:
        (height, width, 3) BGR, or (height, width, 4) BGRA when the picture has transparency.

    Raises:
        TooLargeError: Over 20 MB or over 40 megapixels.
        BadInputError: It cannot be read, or is no whole picture of these formats.
    """
    data = _read(source)
    if not data:
        raise BadInputError("The picture is empty (0 bytes): choose another file.")
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"The picture is larger than {MAX_BYTES // 2**20} MB: make it smaller.")
    frame = _decode(data, max_edge)
    if min(frame.shape[:2]) < MIN_EDGE:
        raise BadInputError(
            f"The picture is too small: it must be at least {MIN_EDGE} pixels wide and high."
        )
    return frame


def load_portrait(source: str | Path | bytes, max_edge: int = 1024) -> Frame:
    """Decode an untrusted picture of somebody and cut out a square around the face.

    Args:
        source: A PNG, JPEG or WebP file, or its bytes.
        max_edge: Edge of the square, at most, in pixels.

    Returns:
        (edge, edge, 3) BGR, or (edge, edge, 4) BGRA when the picture has transparency.

    Raises:
        TooLargeError: Over 20 MB or over 40 megapixels.
        BadInputError: It cannot be read, or is no whole picture of these formats.
    """
    picture = load_picture(source)
    left, top, edge = portrait_crop(find_rig(np.ascontiguousarray(picture[:, :, :3])))
    square = picture[top : top + edge, left : left + edge]
    if edge > max_edge:
        size = (max_edge, max_edge)
        square = np.asarray(cv2.resize(square, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(square)


def _read(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    path = Path(source)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInputError(f"The picture {path.name} cannot be read: {reason}.") from error


def _decode(data: bytes, max_edge: int) -> Frame:
    """Have the child decode the bytes.

    Raises:
        TooLargeError: Too many pixels.
        BadInputError: The child found no picture, or did not live to tell.
    """
    command = [sys.executable, "-I", str(_CHILD)]
    command += [str(value) for value in (max_edge, MAX_PIXELS, CHILD_MEMORY, CHILD_SECONDS)]
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=CHILD_SECONDS,
            env=clean_environment(),
            check=False,
            **own_group(),
        )
    except subprocess.TimeoutExpired as error:
        raise BadInputError("The picture took too long to decode: save it again as PNG.") from error
    line, _, pixels = done.stdout.partition(b"\n")
    try:
        head = json.loads(line)
    except ValueError:
        raise _refusal("memory" if done.returncode else "damaged") from None
    if "error" in head:
        raise _refusal(str(head["error"]))
    shape = (int(head["height"]), int(head["width"]), int(head["channels"]))
    if len(pixels) != shape[0] * shape[1] * shape[2]:
        raise _refusal("damaged")
    frame: Frame = np.frombuffer(pixels, np.uint8).reshape(shape)
    return np.ascontiguousarray(frame.copy(), np.uint8)


def _refusal(code: str) -> BadInputError:
    name, *numbers = code.split()
    if name == "pixels":
        width, height = (int(number) for number in numbers)
        return TooLargeError(
            f"The picture has {width:,} x {height:,} pixels; "
            f"{MAX_PIXELS // 1_000_000} megapixels are the most: make it smaller."
        )
    return BadInputError(
        {
            "format": "This file is not a picture that can be used: choose a PNG, JPEG or WebP.",
            "memory": "The picture needs too much memory to decode: make it smaller.",
        }.get(name, "The picture is damaged or cut off: save or download it again.")
    )
