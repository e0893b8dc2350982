"""The engine as a wheel, installed once for the tests of this folder."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.tally.scratch.project import Project, install_engine, scratch_database


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """The folder that the engine's wheel is installed into."""
    return install_engine(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def make_project(engine, tmp_path_factory):
    """Make and migrate a project out of the text of its models."""
    with ExitStack() as databases:

        def make(name, models):
            directory = tmp_path_factory.mktemp(name)
            database = databases.enter_context(scratch_database(directory, f"tally_{name}_{os.getpid()}"))
            project = Project(directory / "project", engine, database, models)
            project.migrate()
            return project

        yield make
