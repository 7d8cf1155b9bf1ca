"""Side-by-side measurements of our steps, memory, images and runs with other implementations'."""
