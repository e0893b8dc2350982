"""The badge of a player as a picture: SVG without style or script, which sites show as an image."""

from __future__ import annotations

import base64

from django.utils.html import format_html, format_html_join

from deltacrown.pages.sharing import PlayerCard
from deltacrown.web.cards import HUES, INK, LINE, PANEL, SOFT, write_value
from deltacrown.web.feeds import clean
from deltacrown.web.identicons import draw_identicon

#: A longer name is cut.
LONGEST_NAME = 22


def draw_badge(card: PlayerCard, photo: bytes | None = None) -> str:
    """Return the badge as an SVG of 320 by 72.

    :param photo: the uploaded picture, which is written into the badge: an image loads no other.
    """
    name = clean(card.name)
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    figures = " · ".join(f"{line.label} {write_value(line)}" for line in card.stats)
    drawn = draw_identicon(card.public_id)
    inside = base64.b64encode(photo).decode() if photo else ""
    picture = format_html(
        '<clipPath id="c"><rect x="14" y="14" width="44" height="44" rx="8"/></clipPath><image x="14" y="14" '
        'width="44" height="44" clip-path="url(#c)" href="data:image/webp;base64,{}"/>',
        inside,
    )
    texts = format_html_join(
        "",
        '<text x="74" y="{}" font-size="{}" font-weight="{}" fill="{}">{}</text>',
        [(31, 17, 700, INK, shown), (53, 11, 400, SOFT, figures)],
    )
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="72" viewBox="0 0 320 72" role="img" '
        'font-family="system-ui, sans-serif"><title>{}</title>'
        '<rect x=".5" y=".5" width="319" height="71" rx="10" fill="{}" stroke="{}"/>'
        '<svg x="14" y="14" width="44" height="44" viewBox="0 0 5 5"><path d="{}" fill="{}"/></svg>'
        "{}{}</svg>",
        f"{name}: {figures}",
        PANEL,
        LINE,
        drawn.path,
        HUES[drawn.hue],
        picture if photo else "",
        texts,
    )
