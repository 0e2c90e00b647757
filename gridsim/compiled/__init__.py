"""One topology of a pandapower net as frozen arrays, and the injections of a batch of steps."""
