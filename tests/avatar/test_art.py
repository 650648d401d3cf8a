"""The committed assets are what the drawing code draws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.avatar.art.layers import crop, draw_layers
from backend.avatar.art.rig import KOTONE
from backend.avatar.art.sheet import Sheet, to_straight
from backend.avatar.layers.assets import DEFAULT_ASSETS, LAYER_NAMES
from backend.avatar.layers.geometry import ellipse
from backend.avatar.layers.rig import LayerRig


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    return draw_layers()


def test_every_layer_is_drawn(drawn: dict[str, np.ndarray]) -> None:
    assert sorted(drawn) == sorted(LAYER_NAMES)
    assert (drawn["backdrop"][..., 3] == 255).all()


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_stored_layer_matches_the_drawing(name: str, drawn: dict[str, np.ndarray]) -> None:
    stored = cv2.imread(str(DEFAULT_ASSETS / f"{name}.png"), cv2.IMREAD_UNCHANGED)
    painted, corner = crop(drawn[name])
    expected = painted[..., : stored.shape[2]]
    assert stored.shape == expected.shape, "run script/export_avatar.py"
    difference = cv2.absdiff(stored, np.ascontiguousarray(expected))
    # Another CPU may round a blur or a gradient differently, but only here and there.
    assert float(difference.mean()) < 0.5, "run script/export_avatar.py"
    assert LayerRig.load(DEFAULT_ASSETS / "rig.json").corners[name] == corner


def test_stored_rig_matches_the_art() -> None:
    assert LayerRig.load(DEFAULT_ASSETS / "rig.json").face == KOTONE


def test_portraits_have_their_sizes_and_assets_stay_small() -> None:
    for name, edge in (("avatar.png", 512), ("avatar@1024.png", 1024)):
        picture = cv2.imread(str(DEFAULT_ASSETS / name))
        assert picture.shape == (edge, edge, 3)
    assert sum(path.stat().st_size for path in DEFAULT_ASSETS.iterdir()) < 3_000_000


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
