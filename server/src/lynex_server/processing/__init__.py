"""Data through: from the durable log to the columnar engine and the ledger, exactly once."""
