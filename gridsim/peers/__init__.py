"""Other engines on the same net: what gridsim is certified and timed against.

Each model is made from a pandapower net and solves batches of it. The engines are optional and
imported when a model is made, here and nowhere else: lightsim2grid and power-grid-model are in extra ``engines``,
VeraGrid in extra ``benchmarks``. Nothing of gridsim is imported, so that agreement means something.
"""
