"""Removing what must not leave the app. Loaded on first use."""
