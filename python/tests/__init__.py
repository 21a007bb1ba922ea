"""Compares the reader with `sparsectl`, which the variable SPARSECTL names.

SPARSECTL=… python -m unittest discover -s python/tests -t python
"""
