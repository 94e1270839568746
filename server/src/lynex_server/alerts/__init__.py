"""Rules that watch what is measured, incidents, and who is told of them."""
