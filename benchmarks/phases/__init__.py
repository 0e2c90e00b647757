"""What is timed; every module of this folder registers one phase."""
