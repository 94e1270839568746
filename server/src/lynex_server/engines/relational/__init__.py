"""Projects, keys, ledger, dead letters: SQLite, or PostgreSQL, through SQLAlchemy Core."""
