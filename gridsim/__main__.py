"""``python -m gridsim`` is the command ``gridsim``."""

from __future__ import annotations

from gridsim.cli.app import main

if __name__ == "__main__":
    main()
