"""Hair, built of locks: the bob behind the head, and crown, sides and fringe before it."""

from __future__ import annotations

import numpy as np

from backend.avatar.art import face
from backend.avatar.art.gloss import shine
from backend.avatar.art.kotone import palette as own
from backend.avatar.art.kotone.rig import SHAPE
from backend.avatar.art.lock import HairInk, Lock, both, draw_lock, draw_locks
from backend.avatar.art.sheet import Paint, Sheet, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, bezier, mirror, ribbon, spline

FRONT: Paint = ramp((512, 170), (512, 800), [
    (0.0, own.HAIR_ROOT), (0.28, own.HAIR_MID), (0.55, ink.rgb("4a7ad0")),
    (0.82, own.HAIR_TIP), (1.0, own.HAIR_TIP_LIGHT),
])  # fmt: skip
SHADED: Paint = ramp((512, 170), (512, 820), [
    (0.0, ink.rgb("221f5e")), (0.35, ink.rgb("343a94")), (0.7, ink.rgb("2a7fb4")),
    (1.0, ink.rgb("2cb4bf")),
])  # fmt: skip
LINE: Paint = ramp((512, 300), (512, 860), [(0, own.HAIR_LINE), (1, ink.rgb("17507a"))])
INK = HairInk(FRONT, SHADED, LINE, own.HAIR_LIGHT)
BACK: Paint = ramp((512, 200), (512, 880), [
    (0.0, own.HAIR_BACK_ROOT), (0.45, ink.rgb("2d3786")), (0.8, own.HAIR_BACK_TIP),
    (1.0, ink.rgb("35c2c4")),
])  # fmt: skip
_BACK_LOCK = [(0.0, 0.5), (0.45, 1.0), (0.74, 0.78), (1.0, 0.0)]

# ------------------------------------------------------------------------------- back hair


# Always behind the crown or the face, also when the head turns: left out, so as to draw faster.
_NEVER_SEEN = (
    [(322, 190), (702, 190), (702, 470), (322, 470)],
    [(440, 460), (584, 460), (584, 566), (440, 566)],
)


def draw_back(scale: float) -> Sheet:
    """The bob behind the head: one mass, then flicked ends."""
    sheet = Sheet.blank(scale)
    half = [
        (512, 210), (400, 210), (300, 240), (274, 380),
        (262, 450), (202, 500), (202, 640),
        (202, 740), (240, 836), (512, 836),
    ]  # fmt: skip
    left = bezier(half)
    mass = np.concatenate([left, mirror(left)[::-1]])
    locks: list[Lock] = []
    tips = [
        ([(312, 380), (232, 520), (206, 650), (204, 740), (142, 806)], 88),
        ([(420, 500), (392, 640), (388, 750), (412, 856)], 96),
        ([(344, 440), (276, 580), (250, 710), (254, 790), (206, 858)], 102),
        ([(380, 480), (340, 620), (322, 740), (338, 886)], 108),
        ([(360, 470), (300, 620), (286, 750), (292, 820), (268, 892)], 84),
    ]
    for spine, width in tips:
        lock = Lock(spine, width, _BACK_LOCK, paint=BACK, dark=_back_dark(), root=0.4, shade=0.9)
        locks.extend(both(lock))
    sheet.fill(mass, BACK)
    draw_locks(sheet, locks, INK)
    inner = spline([(400, 560), (512, 520), (624, 560), (650, 720), (600, 812), (512, 830),
                    (424, 812), (374, 720)], closed=True)  # fmt: skip
    sheet.fill(inner, ink.rgb("16144a"), opacity=0.75, soft=22, atop=True)
    for hidden in _NEVER_SEEN:
        sheet.cut(np.array(hidden, np.float64))
    outer = left[(left[:, 1] > 420) & (left[:, 1] < 740)]
    for edge in (outer, mirror(outer)):
        sheet.stroke(edge, 4.5, LINE, start=0.3, end=0.3)
    return sheet


def _back_dark() -> Paint:
    return ramp((512, 200), (512, 880), [
        (0.0, ink.rgb("18164a")), (0.5, ink.rgb("1f2566")), (1.0, ink.rgb("1d7f98")),
    ])  # fmt: skip


# ------------------------------------------------------------------------------ front hair


_CAP = [
    (256, 600), (228, 480), (216, 330), (284, 220),
    (340, 136), (434, 108), (512, 108),
    (590, 108), (684, 136), (740, 220),
    (808, 330), (796, 480), (768, 600),
]  # fmt: skip
_HAIRLINE = [(716, 560), (704, 440), (650, 352), (556, 300), (430, 346), (330, 440), (306, 560)]


def cap() -> Points:
    """The crown of the front hair, closed at the hair line."""
    return np.concatenate([bezier(_CAP), spline(_HAIRLINE)])


def side_locks() -> list[Lock]:
    """The hair that frames the face: a bob on both sides."""
    outer = Lock(
        [(276, 400), (248, 520), (246, 640), (262, 716), (304, 780)], 76,
        widths=[(0, 0.6), (0.35, 1.0), (0.75, 0.74), (1, 0)], root=0.1,
    )  # fmt: skip
    inner = Lock(
        [(322, 380), (296, 500), (298, 610), (320, 676), (364, 730)], 60,
        widths=[(0, 0.5), (0.35, 0.95), (0.72, 0.7), (1, 0)], root=0.15,
    )  # fmt: skip
    return [*both(outer), *both(inner)]


def long_lock() -> Lock:
    """The one lock that is longer than the rest, over the shoulder."""
    return Lock(
        [(268, 520), (246, 660), (262, 800), (240, 948)], 62,
        widths=[(0, 0.5), (0.25, 0.9), (0.56, 0.62), (0.62, 0.62), (0.8, 0.8), (1, 0)], root=0.1,
    )  # fmt: skip


def bangs() -> list[Lock]:
    """The fringe, parted to one side; from the temples to the parting."""
    long = [(0, 0.4), (0.3, 1.0), (0.62, 0.72), (0.86, 0.3), (1, 0)]
    wisp = [(0, 0.2), (0.4, 1.0), (0.8, 0.5), (1, 0)]
    return [
        Lock([(318, 250), (270, 370), (272, 480), (318, 590)], 84, long),
        Lock([(710, 250), (756, 370), (754, 480), (708, 590)], 84, long),
        Lock([(400, 190), (318, 300), (296, 420), (340, 528)], 104, long),
        Lock([(636, 190), (712, 300), (732, 420), (688, 524)], 106, long),
        Lock([(520, 164), (420, 250), (346, 370), (362, 496)], 116, long),
        Lock([(590, 164), (664, 260), (696, 380), (652, 486)], 116, long),
        Lock([(556, 160), (474, 250), (400, 370), (424, 508)], 114, long),
        Lock([(566, 160), (620, 260), (650, 370), (606, 472)], 94, long),
        Lock([(560, 158), (520, 250), (464, 370), (498, 514)], 104, long),
        Lock([(564, 160), (590, 270), (598, 370), (560, 452)], 56, long),
        Lock([(470, 280), (420, 370), (388, 440), (396, 486)], 26, wisp, line=3.0, root=0.3),
        Lock([(520, 300), (470, 390), (448, 440), (460, 486)], 22, wisp, line=3.0, root=0.3),
        Lock([(640, 300), (672, 380), (672, 430), (650, 462)], 24, wisp, line=3.0, root=0.3),
    ]


def draw_front(scale: float) -> Sheet:
    """Crown, sides and fringe, with the shadow that they cast on the face beneath."""
    hair = Sheet.blank(scale)
    draw_locks(hair, [long_lock(), *side_locks()], INK)
    _tie(hair)
    crown = cap()
    hair.fill(crown, FRONT)
    rim = bezier(_CAP)
    dark = ribbon(rim, 70)
    hair.fill(dark, SHADED, opacity=0.5, soft=16, clip=crown)
    draw_locks(hair, bangs(), INK)
    _strands(hair)
    shine(hair, bangs()[:10], 0.27, own.HAIR_LIGHT, own.HAIR_SHINE)
    _rim_light(hair)
    hair.stroke(rim, 6.0, LINE, start=0.25, end=0.25)
    _ahoge(hair)
    sheet = Sheet.blank(scale)
    _cast(sheet)
    sheet.put(hair)
    return sheet


def _cast(sheet: Sheet) -> None:
    """The fringe's shadow, part of the hair's layer so that it moves with it."""
    skin = face.outline(SHAPE)
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


def _rim_light(sheet: Sheet) -> None:
    """The glow of the backdrop on the outline of the crown and of the bob."""
    rim = bezier(_CAP)
    inside = (rim - (512, 420)) * (0.962, 0.955) + (512, 420)
    for part, strength in ((inside[6:30], 0.55), (inside[-34:-6], 0.8)):
        sheet.stroke(
            part, 9, own.HAIR_RIM, start=0.5, end=0.5, opacity=strength, soft=1.2, atop=True
        )
    for lock in side_locks()[:2]:
        left, right = lock.edges()
        outer = left if abs(float(left[20, 0]) - 512) > abs(float(right[20, 0]) - 512) else right
        edge = outer + (lock.curve() - outer) * 0.18
        sheet.stroke(edge[14:48], 5, own.HAIR_RIM, start=0.5, end=0.5, opacity=0.7, atop=True)


def _ahoge(sheet: Sheet) -> None:
    """The unruly lock on the crown, curled like the flag of a quaver."""
    light = ramp(
        (540, 40), (600, 170), [(0, own.HAIR_TIP), (0.5, ink.rgb("4a7ad0")), (1, own.HAIR_MID)]
    )
    widths = [(0, 0.6), (0.35, 1.0), (0.7, 0.62), (1, 0)]
    draw_lock(
        sheet,
        Lock([(560, 126), (580, 92), (620, 68), (668, 84)], 26, widths, root=0.2, paint=light),
        INK,
    )
    draw_lock(
        sheet,
        Lock(
            [(546, 126), (536, 90), (560, 44), (616, 30), (656, 56)],
            36,
            widths,
            root=0.2,
            paint=light,
        ),
        INK,
    )


def _tie(sheet: Sheet) -> None:
    """The ribbon and beads that hold the long lock."""
    for y, colour, width in ((786, own.CORAL_SHADE, 52), (776, own.CORAL, 56)):
        band = spline([(259 - width / 2, y - 3), (259, y + 5), (259 + width / 2, y - 3)])
        sheet.stroke(band, 17, colour, start=0.05, end=0.05)
    band = spline([(235, 772), (252, 776), (268, 776)])
    sheet.stroke(band, 4, (255, 214, 220), start=0.4, end=0.4)
