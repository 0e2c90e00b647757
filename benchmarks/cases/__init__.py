"""Networks to measure on; every module of this folder registers its own."""
