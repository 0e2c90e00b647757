"""Other engines on the same net: what gridsim is certified and timed against.

Each model is made from a pandapower net and solves batches of it. The engines are optional (extra ``benchmarks``) and
imported when a model is made, here and nowhere else. Nothing of gridsim is imported, so that agreement means something.
"""
