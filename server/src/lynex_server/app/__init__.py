"""The composition root: the only code that knows every slice, reads the environment and starts things."""
