"""What is checked before a call leaves and after its answer came."""
