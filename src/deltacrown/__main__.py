"""``deltacrown COMMAND``, or ``python -m deltacrown COMMAND``: every management command, without a clone."""

from __future__ import annotations

import os
import sys

#: Installs the demo, which no other command does by itself.
DEMO = "demo"


def main() -> None:
    """Run the command that the process was called with."""
    from deltacrown.config.starting import run_command  # noqa: PLC0415 - after the variable is set

    if sys.argv[1:2] == [DEMO]:
        os.environ["DEMO"] = "1"
    run_command(["deltacrown", *sys.argv[1:]])


if __name__ == "__main__":
    main()
