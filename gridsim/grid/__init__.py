"""Tables to a pandapower net, and the net through time: commissioning, stages, profiles."""
