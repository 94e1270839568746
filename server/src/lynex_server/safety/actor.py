"""Who does something that must be accounted for."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "api_key", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `id` of the user or key (a word such as `cli` for the system itself), `name` as people
    know them (an e-mail address, a key's name), `address` they came from, empty where there is none."""

    kind: ActorKind
    id: str
    name: str = ""
    address: str = ""
