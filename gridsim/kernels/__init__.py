"""Every compiled loop of gridsim: arrays and numbers in, arrays and integer codes out.

Inside this room all is per unit and radians unless a module says otherwise, nothing is raised for physics, and nothing
but numpy, numba, llvmlite and math is imported.
"""
