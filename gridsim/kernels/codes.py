"""Codes that the load-flow kernels return; they equal those of ``gridsim.enums.StepStatus``, which a test checks."""

from __future__ import annotations

SOLVED = 0
MAX_ITERATIONS = 2
DIVERGED = 3
SINGULAR = 4
