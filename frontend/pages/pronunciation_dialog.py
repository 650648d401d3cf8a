"""The pronunciation dialog: a table of words, two fields to change it, and a sentence to try."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.pronunciation_presenter import SENTENCE, PronunciationPresenter
from frontend.theme import look
from frontend.widgets.dialog import Dialog, open_once
from frontend.widgets.form import TextField
from frontend.widgets.scrollbar import ThinScrollbar

WIDTH = 520
ROWS = 9
EMPTY = "No words yet. Write one below, and beside it how it sounds: Zoe, zoh ee."
FILE_TYPES = (("Tables and lists", "*.csv *.json"), ("All files", "*"))


def show_pronunciations(root: tk.Misc, context: AppContext) -> PronunciationDialog:
    """Open the dialog, or bring the open one to the front."""
    return open_once(root, PronunciationDialog, lambda: PronunciationDialog(root, context))


class PronunciationDialog(Dialog):
    """Say how the character on air pronounces words.

    Args:
        root: The window that it belongs to.
        context: What pages may use.
    """

    def __init__(self, root: tk.Misc, context: AppContext) -> None:
        super().__init__(root, "Pronunciation")
        self.presenter = PronunciationPresenter(context, self._show)
        self._sentence = SENTENCE
        px = look(root).px
        self._title = ttk.Label(self.body, text="Pronunciation", style="InnerTitle.TLabel")
        self._title.pack(anchor="w")
        self.table = self._make_table()
        self.word, self.say = self._make_fields()
        self.add_caption("Sentence to try")
        self.sentence = TextField(self.body, self._write)
        self.sentence.set(SENTENCE)
        self.sentence.pack(fill="x")
        self._said = ttk.Label(
            self.body, style="InnerMuted.TLabel", wraplength=px(WIDTH), justify="left"
        )
        self._said.pack(anchor="w", pady=(px(6), 0))
        self._make_foot()
        self.bind("<Destroy>", self._destroyed)
        self._show()
        self.present(self.word.entry)
        self.presenter.open()

    def _make_table(self) -> ttk.Treeview:
        px = look(self).px
        frame = ttk.Frame(self.body, style="Inner.TFrame")
        frame.pack(fill="x", pady=(px(12), 0))
        table = ttk.Treeview(
            frame, columns=("word", "say"), show="headings", height=ROWS, selectmode="extended"
        )
        for column, title in (("word", "Written"), ("say", "Said")):
            table.heading(column, text=title, anchor="w")
            table.column(column, width=px(WIDTH) // 2, anchor="w")
        bar = ThinScrollbar(frame, table.yview, surface="card")
        bar.configure(height=1)
        table.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        table.pack(side="left", fill="x", expand=True)
        self.hint = ttk.Label(table, text=EMPTY, style="InnerMuted.TLabel", wraplength=px(320))
        # Its ground is that of the table's rows, which is not a card's.
        ground = ttk.Style.get_instance().lookup("Treeview", "fieldbackground")
        self.hint.configure(background=ground, justify="center")
        table.bind("<<TreeviewSelect>>", lambda event: self._selected())
        table.bind("<Delete>", lambda event: self._remove())
        return table

    def _make_fields(self) -> tuple[TextField, TextField]:
        px = look(self).px
        row = ttk.Frame(self.body, style="Inner.TFrame")
        row.pack(fill="x", pady=(px(10), 0))
        fields = []
        for column, title in enumerate(("Written", "Said as")):
            label = ttk.Label(row, text=title, style="InnerCaption.TLabel")
            label.grid(row=0, column=column, sticky="w", pady=(0, px(3)))
            field = TextField(row, lambda text, now: None)
            field.grid(row=1, column=column, sticky="ew", padx=(0, px(8)))
            field.entry.bind("<Return>", lambda event: self._put())
            row.columnconfigure(column, weight=1)
            fields.append(field)
        self.put = ttk.Button(row, text="Add", style="InnerPrimary.TButton", command=self._put)
        self.put.grid(row=1, column=2)
        self.remove = ttk.Button(
            row, text="Remove", style="InnerSecondary.TButton", command=self._remove
        )
        self.remove.grid(row=1, column=3, padx=(px(8), 0))
        return fields[0], fields[1]

    def _make_foot(self) -> None:
        px = look(self).px
        foot = ttk.Frame(self.body, style="Inner.TFrame")
        foot.pack(fill="x", pady=(px(16), 0))
        self.listen = ttk.Button(
            foot, text="Preview", icon="play-fill", style="InnerPrimary.TButton",
            command=lambda: self.presenter.listen(self._sentence),
        )  # fmt: skip
        self.listen.pack(side="left")
        for text, command in (("Import…", self._import), ("Export…", self._export)):
            button = ttk.Button(foot, text=text, style="InnerSecondary.TButton", command=command)
            button.pack(side="left", padx=(px(8), 0))
        close = ttk.Button(foot, text="Close", style="InnerSecondary.TButton", command=self.destroy)
        close.pack(side="right")
        self._note = ttk.Label(
            self.body, style="InnerCaption.TLabel", wraplength=px(WIDTH), justify="left"
        )
        self._note.pack(anchor="w", pady=(px(10), 0))

    def _write(self, text: str, _now: bool) -> None:
        self._sentence = text

    def _selected(self) -> None:
        """Bring the selected word into the fields."""
        chosen = self.table.selection()
        if len(chosen) == 1:
            values = list(self.table.item(chosen[0], "values"))
            self.word.set(values[0])
            self.say.set(values[1])

    def _put(self) -> str:
        self.presenter.put(self.word.entry.get(), self.say.entry.get())
        return "break"

    def _remove(self) -> None:
        chosen = {str(self.table.item(row, "values")[0]) for row in self.table.selection()}
        self.presenter.remove(chosen or {self.word.entry.get().strip()})

    def _import(self) -> None:
        path = filedialog.askopenfilename(parent=self, filetypes=FILE_TYPES)
        if path:
            self.presenter.load_file(Path(path))

    def _export(self) -> None:
        path = filedialog.asksaveasfilename(
            parent=self, filetypes=FILE_TYPES, defaultextension=".csv",
            initialfile=f"{self.presenter.character} pronunciations.csv",
        )  # fmt: skip
        if path:
            self.presenter.save_file(Path(path))

    def _show(self) -> None:
        presenter = self.presenter
        if presenter.character:
            self._title.configure(text=f"Pronunciation of {presenter.character}")
        shown = [self.table.item(row, "values") for row in self.table.get_children()]
        if [tuple(map(str, row)) for row in shown] != presenter.entries:
            self.table.delete(*self.table.get_children())
            for entry in presenter.entries:
                self.table.insert("", "end", values=entry)
        if presenter.character and not presenter.entries:
            self.hint.place(relx=0.5, rely=0.5, anchor="center")
        else:
            self.hint.place_forget()
        self.listen.configure(
            text="One moment …" if presenter.busy else "Preview",
            state="disabled" if presenter.busy else "normal",
        )
        self._said.configure(text=f"“{presenter.said}”" if presenter.said else "")
        self._note.configure(text=presenter.note)

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self.presenter.close()
