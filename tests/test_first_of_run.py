"""What is made once a run is made by one, whole, and had by all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.first_of_run import make_once

pytestmark = pytest.mark.once


def test_one_makes_it_and_the_others_wait_for_the_whole_of_it(tmp_path):
    made = []

    def make(folder):
        (folder / "half").touch()
        made.append(folder)
        (folder / "whole").touch()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: (make_once(tmp_path, "it", make) / "whole").exists(), range(8)))

    assert found == [True] * 8
    assert made == [tmp_path / "it"]


def test_the_next_makes_it_anew_where_the_first_failed(tmp_path):
    def fail(folder):
        (folder / "half").touch()
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        make_once(tmp_path, "it", fail)
    folder = make_once(tmp_path, "it", lambda folder: (folder / "whole").touch())

    assert [each.name for each in folder.iterdir()] == ["whole"]
