"""What every part stands on: clock, ids, money, errors, paging, settings. No business words."""
