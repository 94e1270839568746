"""How often somebody may try to sign in, from one address and as one person; and how often be refused.

Whether the person exists makes no difference: who is not known here is counted the same.
"""

import hashlib
import math
from ipaddress import IPv6Address, ip_address

from lynex_server.engines.limits.protocol import Limiter, Take
from lynex_server.identity.settings import SignInSettings
from lynex_server.kernel.errors import TooManyRequests

MAX_RETRY_AFTER_S = 3600
_MINUTE_S = 60
_HOUR_S = 3600
_NETWORK_BITS = 64
"""One customer of a provider has all of an IPv6 /64, and could try from each of its addresses."""


class Attempts:
    """Counts attempts. Calls may block (a limiter shared by processes) and are safe from any thread."""

    def __init__(self, limiter: Limiter, settings: SignInSettings) -> None:
        self._limiter = limiter
        self._per_address = settings.sign_in_attempts_per_address_per_minute
        self._refused = settings.refused_credentials_per_address_per_minute
        self._per_account = settings.sign_in_attempts_per_account_per_hour

    def count(self, what: str, address: str, account: str = "") -> None:
        """Count one attempt at `what` (`password`, `link`, …), each with counts of its own per account.

        Raises `TooManyRequests`, with the same text whoever it is.
        """
        wishes = [Take(f"sign-in:{_network(address)}", self._per_address, self._per_address / _MINUTE_S)]
        if account:
            name = f"sign-in:{what}:{_fingerprint(account)}"
            wishes.append(Take(name, self._per_account, self._per_account / _HOUR_S))
        verdicts = self._limiter.take_all(wishes)
        if all(verdict.allowed for verdict in verdicts):
            return
        wait_s = max(verdict.retry_after_s for verdict in verdicts)
        raise TooManyRequests(
            "Too many attempts to sign in. Wait a while, then try again.",
            min(math.ceil(wait_s), MAX_RETRY_AFTER_S),
        )

    def refuse(self, address: str) -> None:
        """Count one request whose credential is refused.

        Raises `TooManyRequests` beyond the limit. Whoever proves who he is is not asked: behind one address
        there are often many, of whom one has a wrong key.
        """
        bucket = f"refused:{_network(address)}"
        verdict = self._limiter.take(bucket, capacity=self._refused, refill_per_s=self._refused / _MINUTE_S)
        if not verdict.allowed:
            raise TooManyRequests(
                "Too many requests with a credential that is not valid. Put it right, then try again.",
                min(max(1, math.ceil(verdict.retry_after_s)), MAX_RETRY_AFTER_S),
            )

    def may_be_noted(self, account: str) -> bool:
        """Whether one more failure of this account goes into the audit log: ten at once, then ten an hour.

        The log is kept for ever, and whoever guesses must not fill it.
        """
        bucket = f"sign-in:noted:{_fingerprint(account)}"
        return self._limiter.take(bucket, capacity=10, refill_per_s=10 / _HOUR_S).allowed


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # a socket of the machine, or a test
    if isinstance(parsed, IPv6Address):
        return f"{int(parsed) >> _NETWORK_BITS:x}/{_NETWORK_BITS}"
    return address


def _fingerprint(account: str) -> str:
    # The limiter may be another machine: it need not learn who signs in here.
    return hashlib.sha256(account.encode()).hexdigest()[:32]
