"""News for listeners that are connected now: inside the process, or over Redis publish/subscribe."""
