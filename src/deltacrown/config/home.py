"""The folder of what belongs to this installation: database, secret key, pictures, mails, and ``.env``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import environ
from platformdirs import user_data_path

VARIABLE = "DELTACROWN_HOME"
#: Where the code is a clone of the repository, this is its top.
TOP = Path(__file__).resolve().parents[3]


def find_default_home(top: Path = TOP) -> Path:
    """Return ``var/`` of a clone; of an installed package, where this system keeps such data."""
    # Beside an installed package there is no command of the repository.
    if (top / "manage.py").is_file():
        return top / "var"
    return user_data_path("deltacrown", appauthor=False)


def find_home(variables: Mapping[str, str]) -> Path:
    """Return the folder that ``DELTACROWN_HOME`` names, or the default; it need not be there yet."""
    named = variables.get(VARIABLE, "").strip()
    return Path(named).expanduser().absolute() if named else find_default_home()


def read_env_file() -> None:
    """Set what ``.env`` in the folder says, of all variables that are not set."""
    path = find_home(os.environ) / ".env"
    if path.is_file():
        environ.Env.read_env(path)
