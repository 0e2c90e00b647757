"""Engines to measure; every module of this folder registers one."""
