"""Gives Python 3 the `string.join` of Python 2 back, which pygrub's line editor calls: with this directory in PYTHONPATH,
pygrub can edit again, and says what its menu was meant to do."""

import string

string.join = lambda words, between=" ": between.join(words)
