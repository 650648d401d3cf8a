"""Which puppet plays a character: the built-in layered ones, or the user's own picture."""

from __future__ import annotations

from pathlib import Path

from backend.avatar.layered import LayeredPuppet
from backend.avatar.portrait import PortraitPuppet
from backend.avatar.puppet import Puppet
from backend.avatar.rig import PortraitRig
from backend.avatar.rigging import find_rig
from backend.errors import BadInputError
from backend.media.image import load_portrait

RIG_SUFFIX = ".rig.json"


def cast(avatar: str, size: int) -> Puppet:
    """The puppet of an avatar.

    Args:
        avatar: The name of a built-in avatar, or the path of a picture.
        size: Edge of its frames, pixels.

    Raises:
        BadInputError: There is no such picture, or it cannot be used.
    """
    if not avatar or avatar in LayeredPuppet.built_in():
        return LayeredPuppet(size, avatar or "kotone")
    return cast_picture(Path(avatar), size)


def cast_picture(path: Path, size: int) -> PortraitPuppet:
    """A puppet of any portrait; the rig beside the picture is used if there is one.

    Raises:
        BadInputError: The picture or its rig cannot be used.
    """
    if not path.is_file():
        raise BadInputError(f"There is no picture {path.name}; choose a PNG, JPEG or WebP file.")
    picture = load_portrait(path)
    kept = path.with_name(path.name + RIG_SUFFIX)
    rig = PortraitRig.from_json(kept.read_bytes()) if kept.is_file() else find_rig(picture[..., :3])
    return PortraitPuppet(picture, rig, size)
