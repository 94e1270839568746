"""Who has the last word on a find, where an expression cannot say it all. Named in the server's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ID_JOINTS = (".", "-", "_", "+", "/")


def has_digit(found: str, _before: str, _after: str) -> bool:
    """A key has a digit; `sk-learn-compatible-estimators` is a word."""
    return any(char.isdigit() for char in found)


def is_card(found: str, before: str, after: str) -> bool:
    """The check digit of ISO/IEC 7812-1 (Luhn), not all digits alike, and not within a number or an id."""
    digits = [int(char) for char in found if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    valid = (sum(digits[::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1
    return valid and stands_alone(before, after)


def is_phone(found: str, before: str, after: str) -> bool:
    """8 to 15 digits (ITU-T E.164), not an offset of a time or part of an id."""
    return 8 <= sum(char.isdigit() for char in found) <= 15 and stands_alone(before, after)


def stands_alone(before: str, after: str) -> bool:
    """No letter, digit or joint of an id next to it; at its end a dot ends a sentence."""
    return (
        not (before.isalnum() or after.isalnum()) and before not in _ID_JOINTS and after not in _ID_JOINTS[1:]
    )


CHECKS: Mapping[str, Callable[[str, str, str], bool]] = {
    "has_digit": has_digit,
    "card": is_card,
    "phone": is_phone,
}
"""Each is given the text found, and the character before and after it (empty at the ends)."""
