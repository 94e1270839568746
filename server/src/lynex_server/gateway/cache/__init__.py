"""Answers given again: the same question (exact), or one that means the same (semantic)."""
