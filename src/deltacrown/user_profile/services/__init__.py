"""The functions that other people's code calls, under the names of the specification.

The work is done in the packages beside this one.
"""
