"""Judging loadings: limits, overload episodes, monthly worst values, ranks. Nothing here solves a load flow."""

from __future__ import annotations
