"""The named ttk styles of the window, built from a `Look`; `frontend.theme` lists them.

Rounded shapes are nine-slice pictures. They are large on purpose: Tk tiles the middle of a small
one, which takes hundreds of milliseconds a repaint. `width`, `height` and `padding` keep a large
picture from becoming the least size of the widget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ttkbootstrap import Assets, El, image_element, layout, state_map

from frontend.colour import mix

if TYPE_CHECKING:
    from frontend.theme import Look


def build_styles(style: Any, look: Look) -> None:
    """Build every named style for the look's present palette."""
    colours = look.palette
    _frames(style, look)
    _labels(style, look)
    surfaces = {"": colours.bg, "Inner": colours.card}
    for prefix, surface in surfaces.items():
        _button(style, look, f"{prefix}Primary", surface, colours.primary, colours.primary_hover,
                colours.on_primary)  # fmt: skip
        quiet = mix(surface, colours.fg, 0.09)
        _button(style, look, f"{prefix}Secondary", surface, quiet, mix(surface, colours.fg, 0.16),
                colours.fg)  # fmt: skip
        _button(style, look, f"{prefix}Danger", surface, mix(surface, colours.danger, 0.16),
                mix(surface, colours.danger, 0.26), colours.danger)  # fmt: skip
        _button(style, look, f"{prefix}Ghost", surface, surface, mix(surface, colours.fg, 0.10),
                colours.muted)  # fmt: skip
    _button(style, look, "Picker", colours.bg, colours.bg, mix(colours.bg, colours.fg, 0.08),
            colours.fg)  # fmt: skip
    style.configure("Picker.TButton", font=look.fonts.heading, padding=(look.px(8), look.px(4)))
    _entry(style, look)
    _combobox(style, look)


def _known(style: Any, element: str) -> bool:
    """Whether the active ttk theme has the element already: made once, it cannot be made again."""
    return element in style.element_names()


def _frames(style: Any, look: Look) -> None:
    colours, px = look.palette, look.px
    card = "Card.TFrame.shape"
    if not _known(style, card):
        outline = colours.line if colours.mode == "light" else None
        shape = Assets(style).rounded_rect(
            colours.card, size=(640, 512), radius=14, outline=outline, width=1 if outline else 0
        )
        image_element(style, card, default=shape, border=px(16), padding=0, width=px(32),
                      height=px(32), sticky="nsew")  # fmt: skip
    layout(style, "Card.TFrame", El(card, sticky="nsew"))
    style.configure("Card.TFrame", background=colours.bg)
    field = "Field.TFrame.shape"
    if not _known(style, field):
        assets = Assets(style)
        size = (700, 120)
        image_element(
            style, field,
            default=assets.rounded_rect(
                colours.card, size=size, radius=10, outline=colours.line, width=1
            ),
            states={"focus": assets.rounded_rect(
                colours.card, size=size, radius=10, outline=colours.accent, width=2
            )},
            border=px(12), padding=0, width=px(24), height=px(24), sticky="nsew",
        )  # fmt: skip
    layout(style, "Field.TFrame", El(field, sticky="nsew"))
    style.configure("Field.TFrame", background=colours.bg)
    for name, colour in (
        ("Inner", colours.card),
        ("Side", colours.sidebar),
        ("Line", colours.line),
        ("Raised", colours.raised),
    ):
        layout(style, f"{name}.TFrame", El("Frame.border", sticky="nsew"))
        style.configure(f"{name}.TFrame", background=colour, borderwidth=0, relief="flat")


def _labels(style: Any, look: Look) -> None:
    colours, fonts = look.palette, look.fonts
    rows = (
        ("Title", colours.bg, colours.fg, fonts.title),
        ("Muted", colours.bg, colours.muted, fonts.body),
        ("Small", colours.bg, colours.muted, fonts.small),
        ("Danger", colours.bg, colours.danger, fonts.caption),
        ("Inner", colours.card, colours.fg, fonts.body),
        ("InnerStrong", colours.card, colours.fg, fonts.strong),
        ("InnerTitle", colours.card, colours.fg, fonts.heading),
        ("InnerDisplay", colours.card, colours.fg, fonts.display),
        ("InnerMuted", colours.card, colours.muted, fonts.body),
        ("InnerCaption", colours.card, colours.muted, fonts.caption),
        ("InnerSmall", colours.card, colours.muted, fonts.small),
        ("InnerDanger", colours.card, colours.danger, fonts.caption),
        ("Side", colours.sidebar, colours.fg, fonts.body),
        ("SideBrand", colours.sidebar, colours.fg, fonts.title),
        ("SideSmall", colours.sidebar, colours.fg, fonts.caption),
        ("SideMuted", colours.sidebar, colours.muted, fonts.caption),
    )
    for name, background, foreground, font in rows:
        style_name = f"{name}.TLabel"
        layout(style, style_name, El("Label.border", sticky="nsew", children=[
            El("Label.padding", sticky="nsew", children=[El("Label.label", sticky="nsew")])
        ]))  # fmt: skip
        style.configure(style_name, background=background, foreground=foreground, font=font)
    style.configure(
        "tooltip.TLabel", background=colours.raised, foreground=colours.fg, font=fonts.caption,
        bordercolor=colours.line, lightcolor=colours.raised, darkcolor=colours.raised,
    )  # fmt: skip


def _button(
    style: Any, look: Look, name: str, surface: str, fill: str, hover: str, foreground: str
) -> None:
    colours, px = look.palette, look.px
    element = f"{name}.TButton.shape"
    if not _known(style, element):
        assets = Assets(style)
        size = (180, 40)
        ring = mix(surface, colours.accent, 0.9)
        faint = mix(surface, colours.fg, 0.05)
        image_element(
            style,
            element,
            default=assets.rounded_rect(fill, size=size, radius=9),
            states={
                "disabled": assets.rounded_rect(faint, size=size, radius=9),
                "pressed": assets.rounded_rect(mix(hover, colours.bg, 0.2), size=size, radius=9),
                "focus": assets.rounded_rect(hover, size=size, radius=9, outline=ring, width=2),
                "active": assets.rounded_rect(hover, size=size, radius=9),
            },
            border=px(10), padding=0, width=px(24), height=px(24), sticky="nsew",
        )  # fmt: skip
    style_name = f"{name}.TButton"
    layout(style, style_name, El(element, sticky="nsew", children=[
        El("Button.padding", sticky="nsew", children=[
            El("Button.label", sticky="nsew", expand=True)
        ])
    ]))  # fmt: skip
    style.configure(style_name, padding=(px(14), px(7)), foreground=foreground, anchor="center",
                    background=surface, font=look.fonts.body)  # fmt: skip
    state_map(style, style_name, foreground={"disabled": mix(surface, colours.muted, 0.7)})


def _entry(style: Any, look: Look) -> None:
    colours, px = look.palette, look.px
    for name, surface, fill in (
        ("Round", colours.bg, colours.card),
        ("InnerRound", colours.card, colours.raised),
    ):
        element = f"{name}.TEntry.shape"
        if not _known(style, element):
            assets = Assets(style)
            quiet = assets.rounded_rect(
                fill, size=(700, 40), radius=9, outline=colours.line, width=1
            )
            focus = assets.rounded_rect(
                fill, size=(700, 40), radius=9, outline=colours.accent, width=2
            )
            image_element(style, element, default=quiet, states={"focus": focus}, border=px(10),
                          padding=0, width=px(24), height=px(24), sticky="nsew")  # fmt: skip
        layout(style, f"{name}.TEntry", El(element, sticky="nsew", children=[
            El("Entry.padding", sticky="nsew", children=[El("Entry.textarea", sticky="nsew")])
        ]))  # fmt: skip
        style.configure(f"{name}.TEntry", padding=(px(12), px(8)), foreground=colours.fg,
                        background=surface, fieldbackground=fill, insertcolor=colours.fg,
                        selectbackground=colours.primary,
                        selectforeground=colours.on_primary)  # fmt: skip


def _combobox(style: Any, look: Look) -> None:
    """`InnerRound.TCombobox`: the entry's shape on a card, with a chevron."""
    colours, px = look.palette, look.px
    name, shape = "InnerRound.TCombobox", "InnerRound.TEntry.shape"
    arrow = "InnerRound.TCombobox.arrow"
    if not _known(style, arrow):
        assets = Assets(style)
        image_element(style, arrow, default=assets.icon("chevron-down", (12, 12), colours.muted))
    layout(style, name, El(shape, sticky="nsew", children=[
        El("Combobox.padding", expand="1", sticky="nsew", children=[
            El(arrow, side="right", sticky=""),
            El("Combobox.textarea", sticky="nsew"),
        ])
    ]))  # fmt: skip
    style.configure(name, padding=(px(12), px(8)), foreground=colours.fg, background=colours.card,
                    fieldbackground=colours.raised, insertcolor=colours.fg,
                    selectbackground=colours.primary,
                    selectforeground=colours.on_primary)  # fmt: skip
    state_map(style, name, fieldbackground={"readonly": colours.raised},
              background={"readonly": colours.card},
              foreground={"disabled": colours.muted})  # fmt: skip
