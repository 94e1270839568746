"""How each provider says what was asked, what came back and what it used. One file per dialect."""
