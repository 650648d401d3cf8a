"""Which puppet plays a character: a built-in layered one, or the user's own picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backend.avatar.layered import LayeredPuppet
from backend.avatar.layers.assets import ASSETS
from backend.avatar.puppet import Puppet
from backend.errors import BadInputError

if TYPE_CHECKING:
    from backend.avatar.portrait import PortraitPuppet

DEFAULT = "kotone"
RIG_SUFFIX = ".rig.json"


def cast(avatar: str, size: int) -> Puppet:
    """The puppet of an avatar.

    Args:
        avatar: The name of a built-in avatar, or the path of a picture; empty for the default.
        size: Edge of its frames, pixels.

    Raises:
        BadInputError: There is no such picture, or it cannot be used.
    """
    built_in = built_in_avatars().get(avatar or DEFAULT)
    if built_in is not None:
        return LayeredPuppet(size, built_in)
    return cast_picture(Path(avatar), size)


def built_in_avatars() -> dict[str, Path]:
    """The names of the avatars that come with the program, and where their layers lie."""
    return {name: ASSETS / name for name in (DEFAULT, "ren")}


def cast_picture(path: Path, size: int) -> PortraitPuppet:
    """A puppet of any portrait; the rig beside the picture is used if there is one.

    Raises:
        BadInputError: The picture or its rig cannot be used.
    """
    # Most characters are drawn by the program: this half is loaded for those that are not.
    from backend.avatar.portrait import PortraitPuppet
    from backend.avatar.rig import PortraitRig
    from backend.avatar.rigging import find_rig
    from backend.media.image import load_portrait

    if not path.is_file():
        raise BadInputError(f"There is no picture {path.name}; choose a PNG, JPEG or WebP file.")
    picture = load_portrait(path)
    kept = path.with_name(path.name + RIG_SUFFIX)
    rig = PortraitRig.from_json(kept.read_bytes()) if kept.is_file() else find_rig(picture[..., :3])
    return PortraitPuppet(picture, rig, size)
