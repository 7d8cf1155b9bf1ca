"""Studies that are disturbed on purpose: what they survive, and whether what they find is true.

`python -m benchmarks.faults` carries out schedules of faults, drawn from a seed.
"""
