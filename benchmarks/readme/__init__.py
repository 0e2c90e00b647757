"""The figures of the README: the commands it shows are run, and what they leave is written between its markers."""
