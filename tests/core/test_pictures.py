"""Pictures that people send: what is taken of them, and what is refused."""

import io
import struct
import zlib

import pytest
from PIL import Image

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pictures import make_square

pytestmark = pytest.mark.once

LIMIT = 4 * 1024 * 1024
RED, BLUE, GREEN = (220, 30, 30), (30, 30, 220), (30, 180, 30)
UNREADABLE = "This is no picture that can be read. Choose a PNG, JPEG, WebP or GIF file."


def write(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(width=300, height=200, left=RED, right=BLUE, mode="RGB"):
    image = Image.new("RGB", (width, height), left)
    image.paste(right, (width // 2, 0, width, height))
    return image.convert(mode)


def read(data):
    made = Image.open(io.BytesIO(make_square(data, most_bytes=LIMIT, field="picture")))
    made.load()
    return made


def refuse(data, most_bytes=LIMIT):
    with pytest.raises(InvalidInput) as refused:
        make_square(data, most_bytes=most_bytes, field="picture")
    assert refused.value.field == "picture"
    return refused.value.message


def is_near(pixel, colour):
    return all(abs(a - b) < 60 for a, b in zip(pixel[:3], colour, strict=True))


def claim(width, height):
    """Return a PNG whose header says this size, and which has no pixels to speak of."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("PNG", "L"),
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("WEBP", "RGB"),
        ("GIF", "P"),
    ],
)
def test_each_format_becomes_a_square_webp_of_its_middle(kind, mode):
    made = read(write(halves(mode=mode), kind))

    assert (made.format, made.size, made.mode) == ("WEBP", (256, 256), "RGB")
    if mode != "L":
        assert is_near(made.getpixel((20, 128)), RED)
        assert is_near(made.getpixel((236, 128)), BLUE)


def test_the_middle_of_a_broad_picture_is_taken():
    image = Image.new("RGB", (900, 100), RED)
    image.paste(GREEN, (400, 0, 500, 100))

    made = read(write(image, "PNG"))

    assert is_near(made.getpixel((10, 10)), GREEN)
    assert is_near(made.getpixel((245, 245)), GREEN)


def test_it_is_turned_as_the_camera_said_and_its_place_is_forgotten():
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010F] = "A Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 0.0, 0.0), 3: "E", 4: (28.0, 58.0, 0.0)})
    sent = write(halves(), "JPEG", exif=exif, comment=b"at home", icc_profile=b"a profile")
    assert b"A Camera" in sent

    made = make_square(sent, most_bytes=LIMIT, field="picture")

    shown = Image.open(io.BytesIO(made))
    assert is_near(shown.getpixel((20, 128)), BLUE)
    assert not shown.getexif()
    assert not {"exif", "icc_profile", "xmp", "comment"} & shown.info.keys()
    assert all(each not in made for each in (b"A Camera", b"at home", b"EXIF", b"ICCP"))


def test_of_an_animation_the_first_picture_is_taken():
    frames = [Image.new("P", (80, 80), number) for number in (0, 1)]
    for frame in frames:
        frame.putpalette([*RED, *BLUE] + [0] * 750)

    made = read(write(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert is_near(made.getpixel((128, 128)), RED)
    assert getattr(made, "n_frames", 1) == 1


def test_what_can_be_seen_through_stays_so():
    image = Image.new("RGBA", (100, 100), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 100, 50))

    made = read(write(image, "PNG"))

    assert made.mode == "RGBA"
    assert [made.getpixel((128, y))[3] for y in (10, 245)] == [0, 255]


def test_what_hangs_on_a_picture_is_not_in_what_is_written():
    script = b"<script>alert(1)</script>"
    sent = write(halves(), "PNG") + script + b"PK\x03\x04"

    assert script not in make_square(sent, most_bytes=LIMIT, field="picture")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", UNREADABLE),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", UNREADABLE),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script/></svg>', UNREADABLE),
        (b"GIF89a" + b"\xff" * 40, UNREADABLE),
        (write(halves(), "JPEG")[:900], UNREADABLE),
        (write(halves(), "PNG")[:200], UNREADABLE),
        (write(halves(), "BMP"), UNREADABLE),
        (write(halves(), "TIFF"), UNREADABLE),
        (
            write(Image.new("RGB", (1, 1)), "PNG"),
            "The picture is 1 by 1 pixels. Choose one of at least 64 by 64.",
        ),
        (
            write(Image.new("RGB", (10_000, 1)), "PNG"),
            "The picture is 10,000 by 1 pixels. Choose one of at least 64 by 64.",
        ),
        (claim(4097, 4096), "The picture has more than 16 million pixels. Choose a smaller one."),
        (claim(12_000, 12_000), "The picture has more than 16 million pixels. Choose a smaller one."),
        (claim(60_000, 60_000), "The picture has more than 16 million pixels. Choose a smaller one."),
    ],
)
def test_it_is_refused_and_told_why(sent, told):
    assert refuse(sent) == told


def test_a_file_that_is_too_large_is_not_looked_at():
    assert refuse(b"x" * 2049, most_bytes=2048) == "The file is larger than 2 kB. Choose a smaller picture."
