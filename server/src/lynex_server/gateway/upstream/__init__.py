"""Towards providers: which of them, whether they are well, and the connections to them."""
