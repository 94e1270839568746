"""What a person may ask of who holds their data: to be told all of it, and to have it gone."""
