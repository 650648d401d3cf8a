"""Hair, built of locks: each has its own gradient, shaded side, strands and pen line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.avatar.art import face
from backend.avatar.art.sheet import Paint, Sheet, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import (
    Points,
    bezier,
    mirror,
    normals,
    profile,
    progress,
    ribbon,
    spline,
)

_LOCK = [(0.0, 0.5), (0.35, 1.0), (0.7, 0.82), (1.0, 0.0)]

FRONT: Paint = ramp((512, 170), (512, 800), [
    (0.0, ink.HAIR_ROOT), (0.28, ink.HAIR_MID), (0.55, ink.rgb("4a7ad0")),
    (0.82, ink.HAIR_TIP), (1.0, ink.HAIR_TIP_LIGHT),
])  # fmt: skip
SHADED: Paint = ramp((512, 170), (512, 820), [
    (0.0, ink.rgb("221f5e")), (0.35, ink.rgb("343a94")), (0.7, ink.rgb("2a7fb4")),
    (1.0, ink.rgb("2cb4bf")),
])  # fmt: skip
BACK: Paint = ramp((512, 200), (512, 880), [
    (0.0, ink.HAIR_BACK_ROOT), (0.45, ink.rgb("2d3786")), (0.8, ink.HAIR_BACK_TIP),
    (1.0, ink.rgb("35c2c4")),
])  # fmt: skip
LINE: Paint = ramp((512, 300), (512, 860), [(0, ink.HAIR_LINE), (1, ink.rgb("17507a"))])


@dataclass(frozen=True)
class Lock:
    """A lock of hair along a spine, with its widest width in art units."""

    spine: Sequence[tuple[float, float]]
    width: float
    widths: Sequence[tuple[float, float]] = tuple(_LOCK)
    line: float = 4.2
    shade: float = 1.0
    root: float = 0.22
    paint: Paint = FRONT
    dark: Paint = SHADED

    def curve(self) -> Points:
        """The spine, smooth."""
        return spline(self.spine, 20)

    def edges(self) -> tuple[Points, Points]:
        """Both sides, root to tip."""
        curve = self.curve()
        half = normals(curve) * (profile(progress(curve), self.widths) * self.width / 2)[:, None]
        return curve + half, curve - half

    def outline(self) -> Points:
        """The lock as a closed shape."""
        left, right = self.edges()
        return np.concatenate([left, right[::-1]])


def draw_lock(sheet: Sheet, lock: Lock) -> None:
    """Paint one lock over what is there."""
    shape = lock.outline()
    left, right = lock.edges()
    curve = lock.curve()
    sheet.fill(shape, lock.paint)
    dark = np.concatenate([right, (curve + (right - curve) * 0.28)[::-1]])
    sheet.fill(dark, lock.dark, opacity=0.8 * lock.shade, clip=shape)
    softer = np.concatenate([right, (curve - (right - curve) * 0.15)[::-1]])
    sheet.fill(softer, lock.dark, opacity=0.4 * lock.shade, soft=lock.width * 0.06, clip=shape)
    t = progress(curve)
    inner = (t > 0.12) & (t < 0.86)
    for part, weight in ((0.42, 0.75), (-0.5, 0.5)):
        strand = (curve + (left - curve) * part)[inner]
        sheet.stroke(strand, 2.2, LINE, opacity=weight * 0.55, clip=shape)
    light = (curve + (left - curve) * 0.68)[(t > 0.2) & (t < 0.8)]
    sheet.stroke(light, lock.width * 0.09, ink.HAIR_LIGHT, opacity=0.5, clip=shape)
    for edge, weight in ((left, 0.8), (right, 1.0)):
        visible = edge[t >= lock.root]
        sheet.stroke(visible, lock.line * weight, LINE, start=0.4, end=0.12)


def draw_locks(sheet: Sheet, locks: Sequence[Lock]) -> None:
    """Paint locks from the farthest to the nearest."""
    for lock in locks:
        draw_lock(sheet, lock)


def _both(lock: Lock) -> tuple[Lock, Lock]:
    other = [(float(x), float(y)) for x, y in mirror(lock.spine)]
    return lock, Lock(
        other, lock.width, lock.widths, lock.line, lock.shade, lock.root, lock.paint, lock.dark
    )


# ------------------------------------------------------------------------------- back hair


def draw_back(scale: float) -> Sheet:
    """The bob behind the head: one mass, then flicked ends."""
    sheet = Sheet.blank(scale)
    half = [
        (512, 140), (380, 130), (276, 210), (248, 400),
        (232, 520), (222, 640), (238, 760),
        (300, 812), (420, 800), (512, 800),
    ]  # fmt: skip
    left = bezier(half)
    mass = np.concatenate([left, mirror(left)[::-1]])
    locks = []
    tips = [
        ([(330, 420), (262, 560), (240, 690), (196, 792)], 92),
        ([(350, 440), (300, 600), (286, 740), (248, 846)], 96),
        ([(390, 480), (352, 640), (346, 760), (318, 858)], 92),
        ([(430, 500), (406, 640), (402, 760), (392, 846)], 86),
    ]
    for spine, width in tips:
        lock = Lock(spine, width, paint=BACK, dark=_back_dark(), root=0.5, shade=0.9)
        locks.extend(_both(lock))
    sheet.fill(mass, BACK)
    draw_locks(sheet, locks)
    inner = spline([(400, 560), (512, 520), (624, 560), (650, 720), (600, 812), (512, 830),
                    (424, 812), (374, 720)], closed=True)  # fmt: skip
    sheet.fill(inner, ink.rgb("16144a"), opacity=0.75, soft=22, atop=True)
    outer = left[(left[:, 1] > 200) & (left[:, 1] < 740)]
    for edge in (outer, mirror(outer)):
        sheet.stroke(edge, 4.5, LINE, start=0.3, end=0.3)
    return sheet


def _back_dark() -> Paint:
    return ramp((512, 200), (512, 880), [
        (0.0, ink.rgb("18164a")), (0.5, ink.rgb("1f2566")), (1.0, ink.rgb("1d7f98")),
    ])  # fmt: skip


# ------------------------------------------------------------------------------ front hair

_CAP = [
    (262, 600), (244, 480), (240, 330), (312, 236),
    (370, 164), (450, 136), (520, 136),
    (620, 136), (694, 176), (734, 252),
    (790, 350), (780, 480), (762, 600),
]  # fmt: skip
_HAIRLINE = [(716, 560), (700, 440), (640, 372), (540, 330), (430, 366), (336, 440), (306, 560)]


def cap() -> Points:
    """The crown of the front hair, closed at the hair line."""
    return np.concatenate([bezier(_CAP), spline(_HAIRLINE)])


def side_locks() -> list[Lock]:
    """The hair that frames the face: a bob on both sides."""
    outer = Lock(
        [(276, 400), (252, 520), (254, 640), (282, 762)], 74,
        widths=[(0, 0.6), (0.3, 1.0), (0.75, 0.8), (1, 0)], root=0.1,
    )  # fmt: skip
    inner = Lock(
        [(322, 380), (296, 500), (306, 620), (352, 716)], 60,
        widths=[(0, 0.5), (0.3, 0.95), (0.7, 0.8), (1, 0)], root=0.15,
    )  # fmt: skip
    return [*_both(outer), *_both(inner)]


def long_lock() -> Lock:
    """The one lock that is longer than the rest, over the shoulder."""
    return Lock(
        [(268, 520), (246, 660), (262, 800), (240, 948)], 62,
        widths=[(0, 0.5), (0.25, 0.9), (0.56, 0.62), (0.62, 0.62), (0.8, 0.8), (1, 0)], root=0.1,
    )  # fmt: skip


def bangs() -> list[Lock]:
    """The fringe, parted to one side; from the temples to the parting."""
    return [
        Lock([(330, 270), (296, 370), (300, 450), (330, 520)], 86),
        Lock([(700, 280), (730, 370), (726, 450), (694, 524)], 86),
        Lock([(420, 200), (344, 300), (336, 400), (372, 488)], 104),
        Lock([(640, 210), (690, 310), (692, 400), (654, 484)], 108),
        Lock([(470, 170), (400, 290), (396, 390), (430, 474)], 110),
        Lock([(600, 180), (650, 300), (636, 390), (592, 462)], 112),
        Lock([(540, 160), (470, 270), (462, 380), (496, 478)], 116),
        Lock([(556, 160), (584, 270), (574, 370), (540, 446)], 92),
    ]


def draw_front(scale: float) -> Sheet:
    """Crown, sides and fringe, with the shadow that they cast on the face beneath."""
    hair = Sheet.blank(scale)
    draw_locks(hair, [long_lock(), *side_locks()])
    _tie(hair)
    crown = cap()
    hair.fill(crown, FRONT)
    rim = bezier(_CAP)
    dark = ribbon(rim, 70)
    hair.fill(dark, SHADED, opacity=0.5, soft=16, clip=crown)
    draw_locks(hair, bangs())
    _strands(hair)
    _shine(hair)
    hair.stroke(rim, 6.0, LINE, start=0.25, end=0.25)
    _ahoge(hair)
    sheet = Sheet.blank(scale)
    _cast(sheet)
    sheet.put(hair)
    return sheet


def _cast(sheet: Sheet) -> None:
    """The fringe's shadow, part of the hair's layer so that it moves with it."""
    skin = face.outline()
    skin = (skin - (512, 520)) * 0.985 + (512, 520)
    drop = np.array([5.0, 17.0])
    shapes = [lock.outline() + drop for lock in [*bangs(), *side_locks()[2:]]]
    sheet.fill_many([*shapes, cap() + drop], ink.rgb("c8627c"), opacity=0.36, soft=1.6, clip=skin)


def _strands(sheet: Sheet) -> None:
    part = (546.0, 158.0)
    ends = [(276, 330), (300, 262), (352, 214), (412, 182), (640, 176), (694, 222), (738, 286),
            (756, 370)]  # fmt: skip
    for x, y in ends:
        bend = ((part[0] + x) / 2 + (x - part[0]) * 0.12, (part[1] + y) / 2 - 14)
        sheet.stroke(spline([part, bend, (x, y)]), 2.6, LINE, opacity=0.45, start=0.6, end=0.5,
                     clip=cap())  # fmt: skip


def _shine(sheet: Sheet) -> None:
    """The angel ring: tapered glints along an arc round the crown."""
    arc = bezier([(288, 356), (330, 262), (440, 222), (520, 224), (610, 226), (700, 270), (740, 360)])
    t = progress(arc)
    side = normals(arc)
    rng = np.random.default_rng(7)
    for where in np.linspace(0.05, 0.95, 34):
        k = int(np.argmin(np.abs(t - where)))
        if abs(where - 0.52) < 0.05:
            continue
        length = 16 + 26 * rng.random() + 20 * np.sin(where * np.pi)
        down = np.array([(arc[k, 0] - 530) * 0.0018, 1.0]) + side[k] * 0.15
        tip = arc[k] + down * length * 0.62
        top = arc[k] - down * length * 0.38
        glint = spline([top, arc[k] + side[k] * 1.5, tip])
        sheet.stroke(glint, 9 + 7 * rng.random(), ink.HAIR_LIGHT, start=0.5, end=0.6, opacity=0.55,
                     atop=True)  # fmt: skip
        if 0.1 < where < 0.46 or 0.62 < where < 0.8:
            sheet.stroke(glint, 5, ink.HAIR_SHINE, start=0.5, end=0.7, opacity=0.75, atop=True)


def _ahoge(sheet: Sheet) -> None:
    """The unruly lock on the crown, curled like the flag of a quaver."""
    lock = Lock(
        [(540, 176), (520, 118), (552, 70), (616, 66), (640, 104)], 40,
        widths=[(0, 0.75), (0.35, 1.0), (0.7, 0.6), (1, 0)], root=0.3,
    )  # fmt: skip
    draw_lock(sheet, lock)


def _tie(sheet: Sheet) -> None:
    """The ribbon and beads that hold the long lock."""
    for y, colour, width in ((786, ink.CORAL_SHADE, 52), (776, ink.CORAL, 56)):
        band = spline([(259 - width / 2, y - 3), (259, y + 5), (259 + width / 2, y - 3)])
        sheet.stroke(band, 17, colour, start=0.05, end=0.05)
    band = spline([(235, 772), (252, 776), (268, 776)])
    sheet.stroke(band, 4, (255, 214, 220), start=0.4, end=0.4)
