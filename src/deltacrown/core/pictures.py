"""Read a picture that somebody sent, and write it anew: a small square, without what the file told besides.

Nothing of the file is kept. Only the pixels are read, by decoders of four formats, and no more of them than
fit into memory; so what is hidden in a file (a place, a script, another file) is not in what is written.
"""

from __future__ import annotations

import io
import logging

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from deltacrown.core.errors import InvalidInput
from deltacrown.core.numerals import write_whole

#: The decoders asked, in this order; of an animation the first picture is taken.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
#: The side of the square that is written, in pixels.
SIDE = 256
#: The shortest side that can be shown without a blur.
SHORTEST_SIDE = 64
#: 4096 by 4096: 64 MB of memory while it is read.
MOST_PIXELS = 4096 * 4096
#: What is written, and by how much it is compressed.
WRITTEN, QUALITY = "WEBP", 86

logger = logging.getLogger(__name__)


def make_square(data: bytes, *, most_bytes: int, field: str) -> bytes:
    """Return the middle of a picture as a WebP of 256 by 256, turned as its camera said.

    :param data: a PNG, JPEG, WebP or GIF.
    :param field: the field that refusals name.
    :raises InvalidInput: it is too large, too small, or no picture that can be read to its end.
    """
    if len(data) > most_bytes:
        raise InvalidInput(describe_limit(most_bytes), field=field)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image, field)
            return _write_anew(_read_pixels(image))
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput(_describe_pixels(), field=field) from None
    except Exception as error:  # noqa: BLE001 - decoders fail in many ways, all of them for what was sent
        logger.info("a picture could not be read: %s", type(error).__name__)
        message = _("This is no picture that can be read. Choose a PNG, JPEG, WebP or GIF file.")
        raise InvalidInput(message, field=field) from None


def describe_limit(most_bytes: int) -> str:
    """Return the refusal of a file that is too large."""
    return _("The file is larger than %(size)s kB. Choose a smaller picture.") % {
        "size": write_whole(most_bytes // 1024)
    }


def _check_size(image: Image.Image, field: str) -> None:
    """Refuse a picture by the size that its file says, before any of its pixels is read."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise InvalidInput(_describe_pixels(), field=field)
    if min(width, height) < SHORTEST_SIDE:
        message = _(
            "The picture is %(width)s by %(height)s pixels. Choose one of at least %(least)s by %(least)s."
        )
        sizes = {"width": write_whole(width), "height": write_whole(height), "least": SHORTEST_SIDE}
        raise InvalidInput(message % sizes, field=field)


def _describe_pixels() -> str:
    message = _("The picture has more than %(most)s million pixels. Choose a smaller one.")
    return message % {"most": write_whole(MOST_PIXELS // 1_000_000)}


def _read_pixels(image: Image.Image) -> Image.Image:
    """Return the square middle of a picture, upright, in colours that are written as they are."""
    # A JPEG can be read at a fraction of its size at once, as long as that is large enough.
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    upright = ImageOps.exif_transpose(image)
    plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    return ImageOps.fit(plain, (SIDE, SIDE), Image.Resampling.LANCZOS)


def _write_anew(pixels: Image.Image) -> bytes:
    """Return a file of these pixels alone: a new image has no metadata to be written along."""
    alone = Image.new(pixels.mode, pixels.size)
    alone.paste(pixels)
    written = io.BytesIO()
    Image.Image.save(alone, written, WRITTEN, quality=QUALITY, method=4)
    return written.getvalue()
