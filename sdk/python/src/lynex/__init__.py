"""Record every model call an app makes."""
