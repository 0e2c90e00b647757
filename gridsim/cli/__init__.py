"""The command line: arguments, progress, exit codes. Everything else is in the rooms below."""

from __future__ import annotations
