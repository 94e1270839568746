"""The door of `safety`."""

from lynex_server.safety.actor import Actor, ActorKind

__all__ = ["Actor", "ActorKind"]
