"""Cards: the pictures that other sites show with a link to a player or a tournament.

A card is drawn from the facts handed over, and from nothing else. The font has the scripts of Europe, Arabic,
Hebrew, Armenian and Georgian; a name in another script is written in Latin letters, beside the public id or
slug that every card bears.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from PIL import Image, ImageDraw, ImageFont

from deltacrown.core.dates import write_day
from deltacrown.core.inputs import INVISIBLE
from deltacrown.core.names import write_search_text
from deltacrown.core.numerals import write_with_unit
from deltacrown.pages.sharing import PlayerCard, TournamentCard
from deltacrown.user_profile.numbers.catalogue import StatLine
from deltacrown.web.identicons import SIZE, draw_identicon
from deltacrown.web.templatetags.figures import figure

WIDTH, HEIGHT = 1200, 630
MARGIN, PICTURE = 72, 232
#: The largest and the smallest size of a name; one that is longer still is cut.
LARGEST, SMALLEST = 76, 32
#: The dark theme of ``site.css``: a card looks the same to everybody.
GROUND, PANEL, LINE = "#0c0f12", "#14181d", "#272e36"
INK, SOFT, ACCENT = "#eceef1", "#9ea8b3", "#e5ab35"
HUES = ("#f0936b", "#d9b33f", "#9cc96a", "#5cc9a3", "#6bb8dd", "#9aa6f5", "#cf97ec", "#ee8fbd")
#: Changes when cards are drawn in another way, so that nobody is told an old one is unchanged.
EDITION = 1
FONT = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"
ELLIPSIS = "…"
#: A character that no font has: it is drawn as what stands for the missing.
NO_CHARACTER = "\uffff"


@dataclass(frozen=True)
class Card:
    """What is drawn.

    :param picture: the text whose identicon is drawn.
    :param name: written as it is, where the font has its characters; else ``picture`` tells who it is.
    :param over: a line above the name.
    :param under: a line below the name.
    :param figures: labels and values, four at most.
    :param photo: the name of an uploaded picture, drawn instead of the identicon; empty without one.
    """

    picture: str
    name: str
    over: str
    under: str
    figures: tuple[tuple[str, str], ...]
    photo: str = ""


def describe_player(card: PlayerCard) -> Card:
    """Return what is drawn on the card of a player."""
    return Card(
        picture=card.public_id,
        name=card.name,
        over="DeltaCrown",
        under=" · ".join(filter(None, [card.public_id, card.country])),
        figures=tuple((str(line.label), write_value(line)) for line in card.stats),
        photo=card.picture,
    )


def describe_tournament(card: TournamentCard) -> Card:
    """Return what is drawn on the card of a tournament."""
    first, last = write_day(card.starts_at), write_day(card.ends_at) if card.ends_at else ""
    figures = [(_("Status"), card.status), (pgettext("number", "Registered"), figure(card.registered))]
    if card.winners:
        others = f" + {len(card.winners) - 1}" if len(card.winners) > 1 else ""
        figures.append((_("Winner"), write_drawable(card.winners[0]) + others))
    return Card(
        picture=card.slug,
        name=card.name,
        over=write_drawable(card.game),
        under=first if last in {"", first} else f"{first} – {last}",
        figures=tuple(figures),
    )


def write_value(line: StatLine) -> str:
    """Return the value of a number as people read it: ``56.25 %``."""
    return write_with_unit(figure(line.value), line.unit if line.value is not None else "")


def draw_card(card: Card, photo: bytes | None = None) -> bytes:
    """Return the card as a PNG of 1200 by 630.

    :param photo: the uploaded picture, as the site wrote it; without, the identicon is drawn.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 10), fill=ACCENT)
    if photo:
        _paste_photo(image, photo, at=(MARGIN, 84))
    else:
        _draw_picture(draw, card.picture, at=(MARGIN, 84))

    left = MARGIN + PICTURE + 48
    room = WIDTH - MARGIN - left
    name = write_drawable(card.name) or card.picture
    font, name = _fit(name, room)
    draw.text((left, 104), _cut(card.over, _font(30), room), font=_font(30), fill=ACCENT, anchor="ls")
    draw.text((left, 214), name, font=font, fill=INK, anchor="ls")
    draw.text((left, 276), _cut(card.under, _font(30), room), font=_font(30), fill=SOFT, anchor="ls")
    _draw_figures(draw, card.figures)

    written = io.BytesIO()
    # Few colours: a palette makes the file a third as large.
    colours = 256 if photo else 64
    Image.Image.save(image.quantize(colours), written, "PNG", optimize=True)
    return written.getvalue()


def write_drawable(text: str) -> str:
    """Return ``text`` as it is where the font has every character, else in Latin letters."""
    seen = "".join(each for each in text if each not in INVISIBLE and unicodedata.category(each) != "Cc")
    return seen if all(map(_has_glyph, seen)) else write_search_text(seen)


def _draw_picture(draw: ImageDraw.ImageDraw, text: str, *, at: tuple[int, int]) -> None:
    """Draw the identicon of a text, as ``identicons`` has it for pages."""
    left, top = at
    drawn = draw_identicon(text)
    draw.rounded_rectangle((left, top, left + PICTURE, top + PICTURE), 24, fill=PANEL, outline=LINE, width=2)
    cell = PICTURE // (SIZE + 2)
    edge = (PICTURE - cell * SIZE) // 2
    for part in drawn.path.split("M")[1:]:
        column, row = (int(number) for number in part[:3].split())
        x, y = left + edge + column * cell, top + edge + row * cell
        draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill=HUES[drawn.hue])


def _paste_photo(image: Image.Image, photo: bytes, *, at: tuple[int, int]) -> None:
    """Paste an uploaded picture with round corners, on the ground that identicons have."""
    left, top = at
    side = PICTURE + 1
    with Image.open(io.BytesIO(photo), formats=("WEBP",)) as opened:
        square = opened.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", square.size, PANEL)
    ground.alpha_composite(square)
    corners = Image.new("L", square.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, side - 1, side - 1), 24, fill=255)
    image.paste(ground.convert("RGB"), (left, top), corners)


def _draw_figures(draw: ImageDraw.ImageDraw, figures: Sequence[tuple[str, str]]) -> None:
    top, bottom, gap = 384, HEIGHT - 72, 20
    width = (WIDTH - 2 * MARGIN - gap * (len(figures) - 1)) // max(len(figures), 1)
    for number, (label, value) in enumerate(figures):
        left = MARGIN + number * (width + gap)
        draw.rounded_rectangle((left, top, left + width, bottom), 16, fill=PANEL, outline=LINE, width=2)
        room = width - 48
        font, written = _fit(value, room, largest=48, smallest=24)
        draw.text((left + 24, top + 54), _cut(label, _font(22), room), font=_font(22), fill=SOFT, anchor="ls")
        draw.text((left + 24, top + 130), written, font=font, fill=INK, anchor="ls")


def _fit(
    text: str, room: int, *, largest: int = LARGEST, smallest: int = SMALLEST
) -> tuple[ImageFont.FreeTypeFont, str]:
    """Return the largest font in which ``text`` has room, and the text, cut where none is small enough."""
    for size in range(largest, smallest, -4):
        if _font(size).getlength(text) <= room:
            return _font(size), text
    return _font(smallest), _cut(text, _font(smallest), room)


def _cut(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    """Return as much of ``text`` as has room; found by halves, since a long text is slow to measure."""
    if font.getlength(text) <= room:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if font.getlength(text[:middle].rstrip() + ELLIPSIS) <= room:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + ELLIPSIS


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


@lru_cache(maxsize=8192)
def _has_glyph(character: str) -> bool:
    return character.isspace() or _draw_glyph(character) != _draw_glyph(NO_CHARACTER)


def _draw_glyph(character: str) -> bytes:
    font = _plain_font()
    return bytes(font.getmask(character)) + str(font.getbbox(character)).encode()


@cache
def _plain_font() -> ImageFont.FreeTypeFont:
    """Return the font without shaping, which would look at neighbours."""
    return ImageFont.truetype(FONT, 24, layout_engine=ImageFont.Layout.BASIC)
