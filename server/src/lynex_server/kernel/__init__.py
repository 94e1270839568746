"""What every part stands on: clock, ids, money, errors, paging, settings, wire shapes. No business words."""
