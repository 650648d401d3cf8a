"""The avatar view, the level strip, the sidebar and the small windows of the chat page."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import ttkbootstrap as ttk
from PIL import Image, ImageTk

from event_system import MediaFrame, MediaKind, Stage
from frontend.dialogs import HelpWindow, show_help
from frontend.portraits import portrait, round_picture
from frontend.shell import PAGES, engine_on_duty, lamps, short_name
from frontend.theme import look
from frontend.video import KEPT, FrameQueue
from frontend.widgets.avatar_view import AvatarView, easy_edge
from frontend.widgets.banner import Banner
from frontend.widgets.nav import NARROW, WIDE, NavRail
from frontend.widgets.toast import MOST, Toasts
from frontend.widgets.waterfall import Waterfall
from frontend.widgets.waveform import Waveform
from tests.support.fake_backend import picture

Settle = Callable[..., None]


def pixel(view: AvatarView, x: int, y: int) -> tuple[int, int, int]:
    assert view._photo is not None
    return ImageTk.getimage(view._photo).convert("RGB").getpixel((x, y))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("wanted", "sent", "edge"),
    [(267, 512, 256), (256, 512, 256), (534, 512, 512), (267, 1024, 256), (267, 720, 267),
     (400, 512, 400)],
)  # fmt: skip
def test_an_edge_that_needs_no_resizing_is_preferred(wanted: int, sent: int, edge: int) -> None:
    assert easy_edge(wanted, sent) == edge


def test_a_frame_is_drawn_and_its_corners_are_round(frame: ttk.Frame) -> None:
    view = AvatarView(frame, 256, 512)
    view.pack()
    assert view.show_jpeg(picture(1.0))
    middle = pixel(view, view.edge // 2, round(view.edge * 330 / 512))
    assert middle[0] > 150 > middle[1], "the open mouth is red"
    card = look(view).palette.card
    assert pixel(view, 0, 0) == tuple(int(card[i : i + 2], 16) for i in (1, 3, 5))


def test_what_is_no_picture_changes_nothing(frame: ttk.Frame) -> None:
    view = AvatarView(frame, 256, 512)
    view.show_jpeg(picture(1.0))
    before = pixel(view, 100, 100)
    for data in (b"", b"not a picture", picture(0.5)[:2_000]):
        assert not view.show_jpeg(data)
    assert pixel(view, 100, 100) == before


def test_badge_and_caption_come_and_go(frame: ttk.Frame) -> None:
    view = AvatarView(frame, 256, 512)
    view.show_jpeg(picture(0.0))
    place = (view.edge // 2, view.edge - 24)
    plain = pixel(view, *place)
    view.set_live(True)
    view.set_caption("Hello there. " * 30)
    assert view.itemcget(view._badge_text, "state") == "normal"
    assert view.itemcget(view._caption_text, "text").endswith("…")
    assert pixel(view, *place) != plain
    view.set_caption("")
    view.set_live(False)
    assert pixel(view, *place) == plain


def test_thirty_frames_take_less_than_a_second_of_work(frame: ttk.Frame) -> None:
    view = AvatarView(frame, 256, 512)
    view.pack()
    data = picture(0.4)
    before = time.thread_time()
    for _ in range(30):
        view.show_jpeg(data)
        view.update()
    assert time.thread_time() - before < 0.5


def test_pictures_are_shown_when_they_are_due() -> None:
    queue = FrameQueue()
    for index in range(5):
        queue.push(MediaFrame(MediaKind.AVATAR_JPEG, 0, index * 33_000, bytes([index])))
    assert queue.due(-1) is None
    due = queue.due(70_000)
    assert due is not None
    assert due.payload == bytes([2])
    assert queue.next_us() == 99_000
    queue.flush(1)
    assert len(queue) == 0
    queue.push(MediaFrame(MediaKind.AVATAR_JPEG, 0, 0, b"old"))
    assert queue.next_us() is None
    for index in range(KEPT + 10):
        queue.push(MediaFrame(MediaKind.AVATAR_JPEG, 1, index, b"new"))
    assert len(queue) == KEPT


def test_the_level_strip_rests_when_it_is_silent(frame: ttk.Frame, settle: Settle) -> None:
    wave = Waveform(frame)
    assert not wave.feed(0.0, 1.0), "before it is laid out"
    wave.pack(fill="x")
    settle(lambda: wave.winfo_width() > 100)
    now = 10.0
    assert wave.feed(0.8, now)
    last = wave.coords(wave._lines[-1])
    assert last[3] - last[1] > 10
    for _ in range(60):
        now += 0.05
        wave.feed(0.0, now)
    assert not wave.feed(0.0, now + 1)
    last = wave.coords(wave._lines[-1])
    assert last[3] - last[1] == pytest.approx(2)


def test_the_sidebar_is_reached_by_keys_and_folds(frame: ttk.Frame, settle: Settle) -> None:
    chosen: list[str] = []
    entries = [spec.nav for spec in PAGES.values() if spec.nav]
    rail = NavRail(frame, "Kotodama", entries, chosen.append)
    rail.pack(side="left", fill="y")
    rail.select("logs")
    item = rail._items["status"]
    item.focus_force()
    settle(lambda: item.focus_get() is item)
    item.event_generate("<Return>")
    item.event_generate("<space>")
    assert chosen == ["status", "status"]
    settle(lambda: rail.winfo_width() == look(rail).px(WIDE))
    rail.set_narrow(True)
    settle(lambda: rail.winfo_width() == look(rail).px(NARROW))


def engine(name: str, kind: str, **changed: object) -> dict[str, object]:
    return {"name": name, "kind": kind, "available": True, "active": False, "model": "", **changed}


def test_the_foot_of_the_sidebar_is_honest() -> None:
    engines = [
        engine("ollama", "llm", available=False),
        engine("persona", "llm", active=True),
        engine("piper", "tts", active=True, model="voices/amy"),
        engine("puppet", "clip"),
        engine("whisper", "stt", available=False),
    ]
    rows = {lamp.label: (lamp.text, lamp.state) for lamp in lamps(engines, connected=True)}
    assert rows == {
        "Model": ("built-in persona", "warning"),
        "Voice": ("amy", "ok"),
        "Avatar": ("puppet", "ok"),
        "Hearing": ("none can run", "off"),
    }
    for known, connected in ((engines, False), ([], True)):
        assert {lamp.text for lamp in lamps(known, connected=connected)} == {"waiting"}
    found = engine_on_duty(engines, "clip")
    assert found is not None
    assert short_name(found) == "puppet"


def test_notices_go_away_and_never_pile_up(frame: ttk.Frame) -> None:
    toasts = Toasts(frame)
    for number in range(MOST + 2):
        toasts.show(f"notice {number}", "info")
    assert len(toasts._stack) == MOST
    frame.update()
    toasts._stack[0].event_generate("<Button-1>")
    frame.update()
    assert len(toasts._stack) == MOST - 1


def test_the_banner_takes_no_room_when_there_is_nothing_to_say(
    frame: ttk.Frame, settle: Settle
) -> None:
    content = ttk.Frame(frame)
    content.pack(fill="both", expand=True)
    banner = Banner(frame, above=content)
    settle(lambda: content.winfo_height() > 100)
    full = content.winfo_height()
    banner.show("The backend is away.", "warning")
    settle(lambda: content.winfo_height() < full)
    banner.hide()
    settle(lambda: content.winfo_height() == full)
    assert banner.message == ""


def test_the_waterfall_names_the_stages_and_closes(frame: ttk.Frame, settle: Settle) -> None:
    stages = (
        Stage(name="first_token", at_ms=50, took_ms=50),
        Stage(name="something_new", at_ms=60, took_ms=10),
    )
    popup = Waterfall(frame, stages, 200, 400)
    settle(seconds=0.05)
    popup.event_generate("<Button-1>")
    settle(lambda: not popup.winfo_exists())


def test_the_help_opens_once(frame: ttk.Frame, window: ttk.App) -> None:
    first = show_help(window)
    assert show_help(window) is first
    assert isinstance(first, HelpWindow)
    first.destroy()


def test_portraits_of_any_size_become_discs() -> None:
    import io

    out = io.BytesIO()
    Image.new("RGB", (1600, 900), "#ff0000").save(out, "PNG")
    made = portrait(out.getvalue())
    assert max(made.size) == 512
    disc = round_picture(made, 34)
    assert disc.size == (34, 34)
    assert disc.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert disc.getpixel((17, 17)) == (255, 0, 0, 255)
