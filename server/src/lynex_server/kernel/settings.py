"""Settings are data: each has a name, a default, a unit in its name and one line that says what it means.

A slice declares its own subclass in `settings.py`. They are read from the environment once, at start,
by `app`; nothing else reads the environment, and a setting never changes after start.
"""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every slice's settings: frozen, read from `LYNEX_…`, unknown values refused."""

    model_config = SettingsConfigDict(env_prefix="LYNEX_", frozen=True, extra="ignore", env_ignore_empty=True)
