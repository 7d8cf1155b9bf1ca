"""What only a GPU can tell, in two calls of six minutes on a bare machine without network.

`python -m benchmarks.gpu collect | first | second | rehearse`, as README.md beside this says. All
but `facts` and `kernels` need the standard library alone: they run before anything is installed.
"""
