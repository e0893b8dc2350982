"""The embedded default's key: one key however many processes ask, and readable by its owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

from deltacrown.config import local_secret
from deltacrown.config.local_secret import read_or_make_secret


def test_a_key_is_made_once_and_kept(tmp_path):
    path = tmp_path / "var" / "secret_key"

    first = read_or_make_secret(path)

    assert len(first) >= 50
    assert read_or_make_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_get_one_key(tmp_path):
    path = tmp_path / "secret_key"

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(read_or_make_secret, [path] * 64))

    assert len(keys) == 1
    assert len(keys.pop()) >= 50


def test_the_key_of_another_process_that_was_first_holds(tmp_path):
    path = tmp_path / "secret_key"

    def another_is_first(size: int) -> str:
        path.write_text("the other process's key")
        return "mine"

    with mock.patch.object(local_secret.secrets, "token_urlsafe", another_is_first):
        assert read_or_make_secret(path) == "the other process's key"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_a_key_half_written(tmp_path):
    path = tmp_path / "secret_key"
    seen = []

    def look_before_writing(size: int) -> str:
        seen.append(path.exists())
        return "x" * size

    with mock.patch.object(local_secret.secrets, "token_urlsafe", look_before_writing):
        read_or_make_secret(path)

    assert seen == [False]
    assert Path(path).read_text() == "x" * 64
