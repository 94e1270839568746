"""Limits on what is spent, money set aside before a call, and the switch that stops everything."""
