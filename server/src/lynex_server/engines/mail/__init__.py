"""Mail to people: by a mail server, or onto the console where there is none."""
