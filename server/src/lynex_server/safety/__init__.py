"""What keeps a shared installation honest: the audit log, secrets at rest, requests to the outside."""
