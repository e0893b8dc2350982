"""Static files as production has them: collected, compressed, under names that change with their content."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.architecture.source import PACKAGE
from tests.config.test_settings import manage

STATIC_TAG = re.compile(r"{%\s*static\s+[\"']([^\"']+)[\"']")


def find_missing(template: str) -> list[str]:
    """The static files a template names that nobody has."""
    return [name for name in STATIC_TAG.findall(template) if finders.find(name) is None]


def test_they_can_be_collected(tmp_path):
    run = manage("collectstatic", "--noinput", "--verbosity", "0", STATIC_ROOT=str(tmp_path))

    assert run.returncode == 0, run.stderr
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    hashed = tmp_path / names["admin/css/base.css"]
    assert hashed.name != "base.css"
    assert hashed.with_name(f"{hashed.name}.gz").exists()


def test_every_file_a_template_names_exists():
    templates = sorted(PACKAGE.rglob("templates/**/*.html"))

    missing = {path.name: find_missing(path.read_text(encoding="utf-8")) for path in templates}
    assert {name: files for name, files in missing.items() if files} == {}


def test_a_file_nobody_has_is_found():
    assert find_missing("{% static 'admin/css/base.css' %} {% static \"nobody/has.css\" %}") == [
        "nobody/has.css"
    ]


@pytest.mark.django_db
def test_a_page_is_served_in_a_fresh_clone(client):
    response = client.get(reverse("admin:login"))

    assert response.status_code == 200
    assert "/static/admin/css/base.css" in response.content.decode()
