"""Speed and memory of padan beside Splink, recordlinkage and a floor: `python -m benchmarks.speed`."""
