"""The door of `gateway`."""
