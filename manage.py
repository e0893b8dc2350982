#!/usr/bin/env python
"""Run a management command."""

import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))
    from deltacrown.config.starting import run_command

    run_command(sys.argv)


if __name__ == "__main__":
    main()
