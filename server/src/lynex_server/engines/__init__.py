"""Where state lives: one narrow protocol per kind of state, an embedded engine and a distributed one.

A URL chooses the engine; the code above does not know which it has. `protocol.py` in each folder
writes down what every adapter promises, and one contract-test suite holds them all to it.
"""
