"""How fast gridsim is, and against whom: a registry of subject x phase x case. Run with ``python -m benchmarks``."""
