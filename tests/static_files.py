"""The suite serves static files under their plain names and needs no ``collectstatic`` first.

``tests/config/test_static_files.py`` does collect them, as production does.
"""

from __future__ import annotations

import os
import tempfile

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Point the settings, before they are read, at a folder that exists and is empty."""
    folder = tempfile.TemporaryDirectory(prefix="deltacrown-static-")
    early_config.add_cleanup(folder.cleanup)
    os.environ["STATIC_ROOT"] = folder.name


def pytest_configure() -> None:
    from django.conf import settings

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
