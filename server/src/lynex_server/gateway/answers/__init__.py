"""What upstreams answer: put together from streams, and read."""
