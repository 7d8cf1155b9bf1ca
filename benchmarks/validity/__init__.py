"""Whether what `compare` claims is true: studies of known truth, told by the same function."""
