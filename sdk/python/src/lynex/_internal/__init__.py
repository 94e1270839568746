"""What the public names of `lynex` are made of. Nothing here is a promise: import from `lynex`."""
