"""Ren's hair: short at the nape, tousled at the crown, a long fringe parted on his right."""

from __future__ import annotations

import numpy as np

from backend.avatar.art import face
from backend.avatar.art.gloss import shine
from backend.avatar.art.lock import HairInk, Lock, both, draw_locks
from backend.avatar.art.ren import palette as own
from backend.avatar.art.ren.rig import SHAPE
from backend.avatar.art.sheet import Paint, Sheet, ramp
from backend.avatar.layers.geometry import Points, bezier, ellipse, mirror, ribbon, spline

FRONT: Paint = ramp((500, 130), (530, 640), [
    (0.0, own.HAIR_ROOT), (0.35, own.HAIR_MID), (0.75, own.HAIR_TIP), (1.0, own.HAIR_TIP_LIGHT),
])  # fmt: skip
SHADED: Paint = ramp((500, 130), (530, 640), [
    (0.0, own.HAIR_SHADE_ROOT), (0.45, own.HAIR_SHADE_MID), (1.0, own.HAIR_SHADE_TIP),
])  # fmt: skip
LINE: Paint = ramp((512, 200), (512, 640), [(0, own.HAIR_LINE), (1, own.HAIR_LINE_TIP)])
INK = HairInk(FRONT, SHADED, LINE, own.HAIR_LIGHT)

_BACK: Paint = ramp((512, 300), (512, 790), [(0, own.HAIR_BACK_ROOT), (1, own.HAIR_BACK_TIP)])
_BACK_DARK: Paint = ramp((512, 300), (512, 790), [(0, own.HAIR_LINE), (1, own.HAIR_SHADE_ROOT)])
_SWEEP = ((0, 0.4), (0.3, 1.0), (0.62, 0.76), (0.86, 0.34), (1, 0))
_TUFT = ((0, 0.7), (0.3, 1.0), (0.65, 0.62), (1, 0))
_CREST = ((0, 0.25), (0.3, 0.95), (0.45, 1.0), (0.75, 0.45), (1, 0))
_WISP = ((0, 0.2), (0.4, 1.0), (0.8, 0.5), (1, 0))
_CAP = [
    (300, 560), (274, 480), (258, 350), (304, 246),
    (350, 156), (436, 122), (512, 120),
    (588, 122), (674, 156), (720, 246),
    (766, 350), (750, 480), (724, 560),
]  # fmt: skip
_HAIRLINE = [(694, 530), (690, 440), (640, 370), (540, 350), (440, 356), (346, 420), (330, 530)]


def draw_back(scale: float) -> Sheet:
    """The hair behind the neck: one dark mass with ragged ends."""
    sheet = Sheet.blank(scale)
    left = bezier([
        (512, 230), (400, 230), (316, 260), (292, 390),
        (276, 480), (282, 570), (316, 640),
        (346, 716), (420, 750), (512, 750),
    ])  # fmt: skip
    sheet.fill(np.concatenate([left, mirror(left)[::-1]]), _BACK)
    locks: list[Lock] = []
    for spine, width in (
        ([(316, 470), (296, 570), (314, 650), (296, 712)], 66),
        ([(360, 500), (336, 630), (352, 700), (328, 762)], 76),
        ([(430, 540), (404, 660), (416, 730), (392, 790)], 84),
        ([(480, 560), (470, 680), (478, 740), (468, 780)], 70),
    ):
        lock = Lock(spine, width, _TUFT, paint=_BACK, dark=_BACK_DARK, root=0.4)
        locks.extend(both(lock))
    draw_locks(sheet, locks, INK)
    inner = ellipse((512, 690), (150, 110))
    sheet.fill(inner, own.HAIR_LINE, opacity=0.7, soft=26, atop=True)
    sheet.cut(np.array([(350, 230), (674, 230), (674, 460), (350, 460)], np.float64))
    return sheet


def cap() -> Points:
    """The crown of the front hair, closed at the hair line."""
    return np.concatenate([bezier(_CAP), spline(_HAIRLINE)])


def flicks() -> list[Lock]:
    """Locks that stand off the sides, behind the crown."""
    return [
        Lock([(330, 420), (292, 480), (280, 540), (252, 590)], 58, _TUFT, root=0.3),
        Lock([(694, 420), (732, 480), (744, 540), (770, 584)], 58, _TUFT, root=0.3),
        Lock([(340, 300), (278, 370), (258, 440), (220, 494)], 70, _TUFT, root=0.3),
        Lock([(690, 300), (748, 370), (768, 436), (806, 482)], 70, _TUFT, root=0.3),
        Lock([(400, 220), (318, 250), (266, 316), (222, 362)], 84, _TUFT, root=0.3),
        Lock([(630, 220), (712, 250), (762, 312), (806, 350)], 84, _TUFT, root=0.3),
    ]


def crest() -> list[Lock]:
    """Locks that fall over from the parting to every side: what makes the crown tousled."""
    return [
        Lock([(400, 178), (338, 184), (284, 222), (236, 292)], 88, _CREST, root=0.42),
        Lock([(620, 166), (690, 174), (742, 222), (790, 284)], 92, _CREST, root=0.42),
        Lock([(440, 160), (386, 142), (322, 156), (258, 216)], 76, _CREST, root=0.42),
        Lock([(570, 154), (634, 132), (702, 148), (766, 198)], 84, _CREST, root=0.42),
        Lock([(470, 156), (430, 124), (370, 116), (304, 150)], 60, _CREST, root=0.42),
        Lock([(500, 154), (552, 112), (622, 100), (694, 128)], 72, _CREST, root=0.42),
        Lock([(462, 158), (476, 122), (518, 90), (592, 76)], 50, _CREST, root=0.42),
    ]


def side_locks() -> list[Lock]:
    """The hair before the ears."""
    return [
        *both(Lock([(322, 400), (304, 480), (316, 560), (338, 630)], 52, _SWEEP, root=0.15)),
        *both(Lock([(306, 420), (284, 480), (288, 530), (304, 580)], 44, _SWEEP, root=0.2)),
    ]


def bangs() -> list[Lock]:
    """The fringe, swept from the parting to both temples."""
    return [
        Lock([(700, 250), (744, 350), (738, 460), (696, 578)], 78, _SWEEP),
        Lock([(332, 260), (286, 350), (290, 450), (330, 560)], 78, _SWEEP),
        Lock([(620, 180), (704, 280), (722, 400), (678, 548)], 106, _SWEEP),
        Lock([(400, 190), (326, 290), (310, 400), (352, 540)], 100, _SWEEP),
        Lock([(550, 160), (656, 250), (686, 370), (646, 516)], 118, _SWEEP),
        Lock([(430, 180), (364, 270), (344, 380), (384, 512)], 100, _SWEEP),
        Lock([(500, 158), (606, 250), (638, 370), (590, 518)], 118, _SWEEP),
        Lock([(470, 158), (560, 250), (586, 370), (538, 552)], 104, _SWEEP),
        Lock([(440, 160), (494, 250), (508, 360), (476, 540)], 96, _SWEEP),
        Lock([(430, 166), (432, 260), (442, 350), (432, 484)], 78, _SWEEP),
        Lock([(640, 300), (664, 390), (652, 460), (624, 506)], 24, _WISP, line=3.0, root=0.3),
        Lock([(400, 300), (372, 390), (372, 460), (392, 520)], 24, _WISP, line=3.0, root=0.3),
        Lock([(470, 250), (540, 340), (556, 430), (520, 520)], 22, _WISP, line=3.0, root=0.3),
    ]


def draw_front(scale: float) -> Sheet:
    """Crown, sides and fringe, with the shadow that they cast, and the ear cuff."""
    hair = Sheet.blank(scale)
    draw_locks(hair, flicks()[:4], INK)
    draw_locks(hair, side_locks(), INK)
    draw_locks(hair, flicks()[4:], INK)
    crown = cap()
    hair.fill(crown, FRONT)
    hair.fill(ribbon(bezier(_CAP), 60), SHADED, opacity=0.5, soft=16, clip=crown)
    draw_locks(hair, crest(), INK)
    draw_locks(hair, bangs(), INK)
    _strands(hair, crown)
    shine(hair, bangs()[2:10], 0.3, own.HAIR_GLINT, own.HAIR_LIGHT, 0.4)
    _rim_light(hair)
    sheet = Sheet.blank(scale)
    _cast(sheet)
    sheet.put(hair)
    return sheet


def _cast(sheet: Sheet) -> None:
    """The fringe's shadow, part of the hair's layer so that it moves with it."""
    skin = (face.outline(SHAPE) - (512, 520)) * 0.985 + (512, 520)
    drop = np.array([5.0, 15.0])
    shapes = [lock.outline() + drop for lock in [*bangs(), *side_locks()[:2]]]
    sheet.fill_many([*shapes, cap() + drop], own.HAIR_CAST, opacity=0.34, soft=1.6, clip=skin)


def _strands(sheet: Sheet, crown: Points) -> None:
    part = (452.0, 160.0)
    ends = [(296, 340), (320, 270), (366, 214), (640, 182), (690, 236), (726, 320)]
    for x, y in ends:
        bend = ((part[0] + x) / 2 + (x - part[0]) * 0.1, (part[1] + y) / 2 - 14)
        sheet.stroke(spline([part, bend, (x, y)]), 2.6, LINE, opacity=0.45, start=0.6, end=0.5,
                     clip=crown)  # fmt: skip


def _rim_light(sheet: Sheet) -> None:
    """The last of the sunset on the outline, warm from the right."""
    for lock in [*flicks(), *crest()[:2]]:
        left, right = lock.edges()
        outer = max((left, right), key=lambda edge: float(np.hypot(*(edge[30] - (512, 420)))))
        edge = outer + (lock.curve() - outer) * 0.2
        warm = float(outer[30, 0]) > 500
        sheet.stroke(
            edge[14:56], 5, own.HAIR_RIM if warm else own.HAIR_SHINE, start=0.5, end=0.5,
            opacity=0.7 if warm else 0.4, atop=True,
        )  # fmt: skip
