"""Passwords: refused when they would be guessed, kept as argon2id, checked the same for nobody."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.identity.passwords import MAX_CHARS, MIN_CHARS, Passwords, check_strength
from lynex_server.kernel.errors import InvalidInput

EMAIL = "ada.lovelace@analytical.test"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "121212121212",
        "password1234",
        "Password123!!",
        "PASSWORDPASSWORD",
        "p@ssw0rd1234",
        "1234567890123",
        "abcdefghijklm",
        "mlkjihgfedcba",
        "qwertyuiopas",
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "1qaz2wsx3edc",
        "!!welcome2026!!",
        EMAIL,
        EMAIL.upper(),
        "ada.lovelace",
        "ada.lovelace1815",
        "x" * (MAX_CHARS + 1),
    ],
)
def test_what_would_be_guessed_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_strength(password, EMAIL)

    assert refused.value.field == "new_password"
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "nineteen green bicycles",
        "xK4#vbQ9!mZ2",
        "ein sehr langer satz",
        "пароль который длинный",
        "🐎🔋📎✅🐢🌵🧊🪐🎻🥝🧶🦀",
    ],
)
def test_what_is_long_and_unlike_others_is_welcome(password: str) -> None:
    check_strength(password, EMAIL)


@given(st.text(min_size=MIN_CHARS, max_size=40))
def test_a_kept_password_lets_in_itself_and_nothing_else(password: str) -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash(password)

    assert passwords.check(kept, password).right
    assert not passwords.check(kept, password + "x").right
    assert not passwords.check(kept, "x" + password).right


def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("cafe\u0301 au lait, s'il vous plai\u0302t")

    assert passwords.check(kept, "caf\u00e9 au lait, s'il vous pla\u00eet").right


def test_passwords_are_kept_as_argon2id_with_a_salt_each() -> None:
    passwords = Passwords()
    first, second = passwords.hash("nineteen green bicycles"), passwords.hash("nineteen green bicycles")

    parameters = extract_parameters(first)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (64 * 1024, 3)
    assert first != second


def test_nobody_is_compared_with_a_hash_of_the_same_cost() -> None:
    """So that an address that is nobody's is refused no sooner than a wrong password."""

    class Counting(PasswordHasher):
        verified: list[str] = []  # noqa: RUF012  # one list for the one hasher of this test

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            self.verified.append(str(hash))
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    passwords.check(passwords.hash("nineteen green bicycles"), "wrong")
    passwords.check(None, "wrong")

    [somebodys, nobodys] = [extract_parameters(kept) for kept in hasher.verified]
    assert somebodys == nobodys
    assert not passwords.check(None, "nobody has this password").right


def test_a_hash_of_older_parameters_is_made_anew_when_the_password_is_right() -> None:
    older, newer = Passwords(CHEAP), Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    kept = older.hash("nineteen green bicycles")

    right, wrong = newer.check(kept, "nineteen green bicycles"), newer.check(kept, "nineteen")

    assert right.better_hash is not None
    assert newer.check(right.better_hash, "nineteen green bicycles").better_hash is None
    assert (wrong.right, wrong.better_hash) == (False, None)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$broken", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_lets_nobody_in(kept: str) -> None:
    assert not Passwords(CHEAP).check(kept, "plain").right
