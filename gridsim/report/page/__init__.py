"""The report of a run as one HTML file: answer, pictures, a section per transformer, what it all rests on."""

from __future__ import annotations
