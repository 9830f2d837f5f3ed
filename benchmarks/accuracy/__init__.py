"""Accuracy of padan, Splink and recordlinkage on the same data: `python -m benchmarks.accuracy`."""
