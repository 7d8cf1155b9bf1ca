"""Training steps traced on fake CUDA tensors, on a machine without a GPU.

Torch's FakeTensorMode knows the shapes, types and devices of tensors that hold no numbers, so a
step "on cuda" runs through: forward, backward on the autograd engine's threads, optimizer. Watched
on its way, it shows what a CUDA graph could not record or would replay wrongly, how many operators
it launches and what these must move. `python -m tests.fake_cuda` prints that as a table.

An operator counts as one launch, however many kernels it is: an optimizer's step over all weights
is one. Its bytes are those of what it reads and writes, each once, whether caches hold it or not.

What this cannot see: how kernels are chosen (alignment, cuDNN's plans, their workspaces, TF32), the
alarms of deterministic algorithms, the allocator and what is out of memory, streams and their
order, and every number. A step that passes here can still fail on a GPU in these ways.
"""
