"""What a user asks for, each study composing the rooms below; the time series of loadings is the first."""

from __future__ import annotations
