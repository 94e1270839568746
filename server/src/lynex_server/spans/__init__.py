"""The canonical span: what every source is decoded into, and what is stored."""
