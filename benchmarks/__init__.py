"""Side-by-side measurements of our steps, memory, images and runs with others', from a clone.

`python -m benchmarks step | epoch | ranks | memory | data | study | claims | load`. `ablate` knows
nothing of them. What runs survive, `python -m benchmarks.faults` tries.
"""
