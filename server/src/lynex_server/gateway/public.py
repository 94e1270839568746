"""The door of `gateway`."""

from lynex_server.gateway.cache.settings import AnswerCacheSettings

__all__ = ["AnswerCacheSettings"]
