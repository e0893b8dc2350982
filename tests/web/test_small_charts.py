"""The geometry of small charts and identicons."""

import pytest

from deltacrown.web.identicons import HUES, draw_identicon
from deltacrown.web.small_charts import draw_bars, draw_spark


def test_a_line_goes_from_the_lowest_to_the_highest_value():
    spark = draw_spark([0, 10, 5])

    assert spark.pieces == ["8.00,92.00 50.00,8.00 92.00,50.00"]
    assert spark.end == ("92.00", "50.00")


def test_a_line_has_gaps_and_may_be_flat():
    spark = draw_spark([3, 3, None, 3, None])

    assert spark.pieces == ["8.00,50.00 29.00,50.00"]
    assert spark.end is None


@pytest.mark.parametrize("values", [[], [1], [None, 1, None]])
def test_fewer_than_two_values_are_no_line(values):
    assert draw_spark(values) is None


def test_bars_are_as_high_as_their_share_of_the_most():
    full, half, none = draw_bars([("May", 8, 4), ("June", 4, 4), ("July", 0, 0)])

    assert (full.height, full.part_height, full.y) == ("100.00", "50.00", "0.00")
    assert (half.height, half.part_height, half.y) == ("50.00", "50.00", "50.00")
    assert (none.height, none.y, none.label) == ("0.00", "100.00", "July")
    assert draw_bars([]) == []
    assert draw_bars([("May", 0, 0)])[0].height == "0.00"


def test_an_identicon_follows_from_the_text_alone_and_is_symmetric():
    drawn = draw_identicon("DC-25-000042")
    cells = {tuple(map(int, each.split("h")[0].split())) for each in drawn.path.split("M")[1:]}

    assert drawn == draw_identicon("DC-25-000042") != draw_identicon("DC-25-000043")
    assert cells == {(4 - column, row) for column, row in cells}
    assert all(draw_identicon(f"DC-25-{n:06}").path for n in range(200))
    assert {draw_identicon(f"DC-25-{n:06}").hue for n in range(200)} == set(range(HUES))
