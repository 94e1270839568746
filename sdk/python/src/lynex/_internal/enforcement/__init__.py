"""Keeping budgets and kill switches inside the host's process. Loaded when `enforce` is switched on."""
