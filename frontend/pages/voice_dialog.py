"""The voice dialog: two voices side by side, a sentence to hear them with, and one to be chosen."""

from __future__ import annotations

import tkinter as tk
from functools import partial

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.voice_presenter import SENTENCE, SIDES, Side, VoicePresenter
from frontend.theme import look
from frontend.widgets.dialog import Dialog, open_once
from frontend.widgets.form import ChoiceField, SliderField, TextField

COLUMN = 330
_TITLES = {"left": "As it is", "right": "Compare with"}


def show_voices(root: tk.Misc, context: AppContext) -> VoiceDialog:
    """Open the dialog, or bring the open one to the front."""
    return open_once(root, VoiceDialog, lambda: VoiceDialog(root, context))


class VoiceDialog(Dialog):
    """Choose the voice of the character on air.

    Args:
        root: The window that it belongs to.
        context: What pages may use.
    """

    def __init__(self, root: tk.Misc, context: AppContext) -> None:
        super().__init__(root, "Voice")
        self.presenter = VoicePresenter(context, self._show)
        self._sentence = SENTENCE
        px = look(root).px
        self._title = ttk.Label(self.body, text="Voice", style="InnerTitle.TLabel")
        self._title.pack(anchor="w")
        self.add_caption("Voices that speak")
        self.language = ChoiceField(self.body, self._filter, [], self.presenter.language_name)
        self.language.pack(fill="x")
        self.add_caption("Sentence")
        self.sentence = TextField(self.body, self._write)
        self.sentence.set(SENTENCE)
        self.sentence.pack(fill="x")
        columns = ttk.Frame(self.body, style="Inner.TFrame")
        columns.pack(fill="x", pady=(px(16), 0))
        self.columns = {side: VoiceColumn(columns, self.presenter, side) for side in SIDES}
        for side, column in self.columns.items():
            column.pack(side="left", fill="both", padx=(0, px(24) if side == "left" else 0))
            column.listen.configure(command=partial(self._listen, side))
        foot = ttk.Frame(self.body, style="Inner.TFrame")
        foot.pack(fill="x", pady=(px(18), 0))
        close = ttk.Button(foot, text="Close", style="InnerSecondary.TButton", command=self.destroy)
        close.pack(side="right")
        self._note = ttk.Label(foot, style="InnerCaption.TLabel", wraplength=px(480))
        self._note.pack(side="left", fill="x")
        self.bind("<Destroy>", self._destroyed)
        self._show()
        self.present(self.columns["left"].listen)
        self.presenter.open()

    def _filter(self, language: str, _now: bool) -> None:
        self.presenter.show_language(language)

    def _write(self, text: str, _now: bool) -> None:
        self._sentence = text

    def _listen(self, side: Side) -> None:
        self.presenter.listen(side, self._sentence)

    def _show(self) -> None:
        presenter = self.presenter
        if presenter.character:
            self._title.configure(text=f"Voice of {presenter.character}")
        self.language.set_choices(presenter.languages)
        self.language.set(presenter.language)
        for column in self.columns.values():
            column.show()
        self._note.configure(text=presenter.note)

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self.presenter.close()


class VoiceColumn(ttk.Frame):
    """One of the two voices.

    Args:
        parent: A frame of the dialog.
        presenter: The dialog's logic.
        side: Which of the two it is.
    """

    def __init__(self, parent: tk.Misc, presenter: VoicePresenter, side: Side) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self._presenter, self._side = presenter, side
        px = look(parent).px
        ttk.Frame(self, width=px(COLUMN), height=1, style="Inner.TFrame").pack()
        ttk.Label(self, text=_TITLES[side], style="InnerStrong.TLabel").pack(anchor="w")
        self.voice = ChoiceField(self, self._chosen, [], presenter.label)
        self.voice.pack(fill="x", pady=(px(6), px(10)))
        self.speed = SliderField(
            self, lambda value, _now: presenter.choose(side, speed=float(value)),
            low=0.5, high=2.0, whole=False, show=lambda value: f"{value:.2f} × speed",
        )  # fmt: skip
        self.speed.pack(fill="x")
        self.pitch = SliderField(
            self, lambda value, _now: presenter.choose(side, pitch=float(value)),
            low=-12, high=12, whole=True, show=_semitones,
        )  # fmt: skip
        self.pitch.pack(fill="x", pady=(px(4), px(12)))
        row = ttk.Frame(self, style="Inner.TFrame")
        row.pack(fill="x")
        self.listen = ttk.Button(row, text="Listen", icon="play-fill", style="InnerPrimary.TButton")
        self.listen.pack(side="left")
        self.use = ttk.Button(
            row, text="Use this voice", style="InnerSecondary.TButton",
            command=lambda: presenter.use(side),
        )  # fmt: skip
        self.use.pack(side="left", padx=(px(8), 0))

    def show(self) -> None:
        """Show what stands here now."""
        presenter = self._presenter
        choice = presenter.choices[self._side]
        self.voice.set_choices(["", *(one.id for one in presenter.offered())])
        self.voice.set(choice.voice)
        self.speed.set(choice.speed)
        self.pitch.set(choice.pitch)
        waiting = presenter.speaking == self._side
        self.listen.configure(
            text="One moment …" if waiting else "Listen",
            state="disabled" if presenter.speaking else "normal",
        )

    def _chosen(self, voice: str, _now: bool) -> None:
        self._presenter.choose(self._side, voice=voice)


def _semitones(value: float) -> str:
    count = round(value)
    return f"{count:+d} semitones" if count else "same pitch"
