"""The committed assets are what the drawing code draws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.avatar.art.cast import CHARACTERS
from backend.avatar.art.layers import crop, draw_layers
from backend.avatar.art.sheet import Sheet, to_straight
from backend.avatar.casting import built_in_avatars
from backend.avatar.layers.assets import ASSETS, LAYER_NAMES
from backend.avatar.layers.geometry import ellipse
from backend.avatar.layers.layer_rig import LayerRig

NAMES = tuple(CHARACTERS)


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, np.ndarray]]:
    return {name: draw_layers(character) for name, character in CHARACTERS.items()}


def test_every_character_can_be_cast() -> None:
    assert built_in_avatars() == {name: ASSETS / name for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_drawn(name: str, drawn: dict[str, dict[str, np.ndarray]]) -> None:
    assert sorted(drawn[name]) == sorted(LAYER_NAMES)
    assert (drawn[name]["backdrop"][..., 3] == 255).all()


@pytest.mark.parametrize("layer", LAYER_NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_stored_layer_matches_the_drawing(
    name: str, layer: str, drawn: dict[str, dict[str, np.ndarray]]
) -> None:
    folder = ASSETS / name
    stored = cv2.imread(str(folder / f"{layer}.png"), cv2.IMREAD_UNCHANGED)
    painted, corner = crop(drawn[name][layer])
    expected = painted[..., : stored.shape[2]]
    assert stored.shape == expected.shape, "run script/export_avatar.py"
    difference = cv2.absdiff(stored, np.ascontiguousarray(expected))
    # Another CPU may round a blur or a gradient differently, but only here and there.
    assert float(difference.mean()) < 0.5, "run script/export_avatar.py"
    assert LayerRig.load(folder / "rig.json").corners[layer] == corner


@pytest.mark.parametrize("name", NAMES)
def test_stored_rig_and_style_are_the_character_s(name: str) -> None:
    stored = LayerRig.load(ASSETS / name / "rig.json")
    assert stored.face == CHARACTERS[name].shape.rig
    assert stored.style == CHARACTERS[name].style


@pytest.mark.parametrize("name", NAMES)
def test_portraits_have_their_sizes_and_assets_stay_small(name: str) -> None:
    for file, edge in (("avatar.png", 512), ("avatar@1024.png", 1024)):
        picture = cv2.imread(str(ASSETS / name / file))
        assert picture.shape == (edge, edge, 3)
    assert sum(path.stat().st_size for path in (ASSETS / name).iterdir()) < 3_000_000


def test_fill_covers_the_area_of_its_outline() -> None:
    sheet = Sheet.blank(0.25)
    sheet.fill(ellipse((512, 512), (200, 100)), (255, 0, 0))
    area = float(sheet.pixels[..., 3].sum()) / 0.25**2
    assert area == pytest.approx(np.pi * 200 * 100, rel=0.01)
    assert to_straight(sheet)[128, 128].tolist() == [0, 0, 255, 255]


def test_atop_paints_only_what_is_painted() -> None:
    sheet = Sheet.blank(0.25)
    sheet.fill(ellipse((300, 512), (100, 100)), (0, 0, 0))
    before = sheet.pixels[..., 3].copy()
    sheet.fill(ellipse((400, 512), (100, 100)), (255, 255, 255), atop=True)
    assert np.allclose(sheet.pixels[..., 3], before)
    assert sheet.pixels[128, 95, 0] > 0.99
