"""How each kind of channel is told: a message in, a request out. Pure; `sender` does the sending."""
