"""What one sender has to pass: its project's token buckets, and its own where it has limits of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.engines.limits.protocol import Take
from lynex_server.limits.fields import CONTENT_BYTES, REQUESTS, policy_item
from lynex_server.limits.model import Ceilings

_ONE_REQUEST = 1


@dataclass(frozen=True, slots=True)
class _Bucket:
    """One scope's bucket of bytes, of which each request takes as many as its body has."""

    bucket: str
    capacity: int
    refill_per_s: float

    def take(self, size_bytes: int) -> Take:
        return Take(self.bucket, self.capacity, self.refill_per_s, size_bytes)


@dataclass(frozen=True, slots=True)
class Gate:
    """Made once per sender and kept: what each request takes is then only looked up.

    `request_names` and `byte_names` are the policies' names, in the order of their wishes.
    """

    max_body_bytes: int
    requests: tuple[Take, ...]
    request_names: tuple[str, ...]
    bodies: tuple[_Bucket, ...]
    byte_names: tuple[str, ...]
    policies: bytes

    def wishes_for_bytes(self, size_bytes: int) -> tuple[Take, ...]:
        """What a body of this size takes; nothing when it is empty."""
        return tuple(bucket.take(size_bytes) for bucket in self.bodies) if size_bytes else ()


def gate_of(scopes: Sequence[tuple[str, str, Ceilings]]) -> Gate:
    """The gate through scopes, each as (name of the policy, whose it is, its limits)."""
    requests, bodies, items = [], [], []
    for name, whose, limits in scopes:
        requests.append(Take(f"{name}:{whose}:requests", limits.burst, limits.requests_per_s, _ONE_REQUEST))
        bodies.append(_Bucket(f"{name}:{whose}:bytes", limits.bytes_burst, float(limits.bytes_per_s)))
        items.append(policy_item(name, limits.burst, REQUESTS, limits.requests_window_s))
        items.append(policy_item(f"{name}-bytes", limits.bytes_burst, CONTENT_BYTES, limits.bytes_window_s))
    return Gate(
        max_body_bytes=min(limits.max_body_bytes for _, _, limits in scopes),
        requests=tuple(requests),
        request_names=tuple(name for name, _, _ in scopes),
        bodies=tuple(bodies),
        byte_names=tuple(f"{name}-bytes" for name, _, _ in scopes),
        policies=", ".join(items).encode(),
    )
