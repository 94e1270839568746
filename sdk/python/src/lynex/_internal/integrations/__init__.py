"""Clients of model providers that can be watched. One file per client, imported only when it is asked for."""
