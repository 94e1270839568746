"""The gateway: change a base URL, and every call is seen, priced and capped."""
