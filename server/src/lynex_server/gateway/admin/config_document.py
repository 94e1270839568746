"""The gateway's configuration file: TOML, with keys named by where they are, never written into it."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import pydantic
from pydantic import BeforeValidator, Field, SecretStr

from lynex_server.gateway.admin.named_routes import MAX_ROUTES
from lynex_server.gateway.admin.provider_keys import DEFAULT_KEY, MAX_KEYS
from lynex_server.gateway.admin.provider_schemas import (
    KeyInput,
    KeyName,
    KeyWeight,
    ProviderFields,
    ProviderInput,
)
from lynex_server.gateway.admin.providers import MAX_PROVIDERS
from lynex_server.gateway.admin.route_schemas import GuardrailsFields, RouteFields, RouteInput, WebhookFields
from lynex_server.gateway.admin.settings_schemas import SettingsInput
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.wire import Wire

MAX_FILE_BYTES = 4_000_000
MAX_SECRET_BYTES = 8_192
_FAULTS_TOLD = 5

ReadVariable = Callable[[str], str | None]
"""Gives an environment variable; None where it is not set."""
_Where = Annotated[str, Field(max_length=500)]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key that a provider is to have."""

    given: KeyInput
    enabled: bool

    @property
    def secret(self) -> str:
        """The key itself."""
        return self.given.api_key.get_secret_value()


@dataclass(frozen=True, slots=True)
class WantedProvider:
    """A provider that there is to be, with exactly these keys."""

    given: ProviderInput
    keys: tuple[WantedKey, ...]


@dataclass(frozen=True, slots=True)
class WantedConfig:
    """What the file says. `project_id` empty: the only project. `settings` None: nothing of them."""

    project_id: str
    providers: tuple[WantedProvider, ...]
    routes: tuple[RouteInput, ...]
    settings: SettingsInput | None
    secret_files: tuple[Path, ...] = field(default=())


class FileKey(Wire):
    """A key of a provider, by where it is."""

    name: KeyName = DEFAULT_KEY
    weight: KeyWeight = 1
    enabled: bool = True
    api_key_env: _Where = ""
    api_key_file: _Where = ""


class FileProvider(ProviderFields):
    """A provider. `api_key_env` or `api_key_file` is short for one key named `default`."""

    api_key_env: _Where = ""
    api_key_file: _Where = ""
    keys: list[FileKey] = Field(default=[], max_length=MAX_KEYS)

    def all_keys(self) -> list[FileKey]:
        """Every key, the short form included."""
        if not self.api_key_env and not self.api_key_file:
            return self.keys
        return [FileKey(api_key_env=self.api_key_env, api_key_file=self.api_key_file), *self.keys]


class FileWebhook(WebhookFields):
    """A guard of one's own, whose secret is named by where it is."""

    secret_env: _Where = ""
    secret_file: _Where = ""


def _parsed_schema(given: object) -> object:
    """TOML knows no null, so a schema may also be given as JSON text."""
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON: {error}") from error


class FileGuardrails(GuardrailsFields):
    """What is checked; `output_schema` may be JSON text."""

    output_schema: Annotated[dict[str, Any] | None, BeforeValidator(_parsed_schema)] = None
    webhook: FileWebhook | None = None


class FileRoute(RouteFields):
    """A route."""

    guardrails: FileGuardrails = FileGuardrails()


class FileConfig(Wire):
    """The whole file."""

    project: str = Field(default="", max_length=64)
    providers: list[FileProvider] = Field(default=[], max_length=MAX_PROVIDERS)
    routes: list[FileRoute] = Field(default=[], max_length=MAX_ROUTES)
    settings: SettingsInput | None = None


def read_config(content: bytes, folder: Path, read_variable: ReadVariable) -> WantedConfig:
    """What the file says, with the secrets that it names; files are looked for from `folder`.

    Raises `InvalidInput` that says where it is wrong, and never what a secret is.
    """
    if len(content) > MAX_FILE_BYTES:
        raise InvalidInput(f"it may have {MAX_FILE_BYTES} bytes at most")
    try:
        said = FileConfig.model_validate(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"it is not TOML: {error}") from error
    except pydantic.ValidationError as error:
        raise InvalidInput(_told(error)) from error
    secrets = _Secrets(folder, read_variable)
    providers = tuple(_provider(each, secrets, f"providers.{n}") for n, each in enumerate(said.providers))
    routes = tuple(_route(each, secrets, f"routes.{n}") for n, each in enumerate(said.routes))
    _check_names("providers", [each.given.name for each in providers])
    _check_names("routes", [each.name for each in routes])
    return WantedConfig(said.project, providers, routes, said.settings, tuple(secrets.files))


class _Secrets:
    """Finds secrets, and remembers the files that they are in."""

    def __init__(self, folder: Path, read_variable: ReadVariable) -> None:
        self._folder = folder
        self._read_variable = read_variable
        self.files: list[Path] = []

    def find(self, env: str, file: str, field_name: str) -> SecretStr:
        """The secret that is in one of the two. Raises `InvalidInput`."""
        if bool(env) == bool(file):
            raise InvalidInput(f"{field_name}: say either …_env or …_file", field=field_name)
        found = self._read_variable(env) if env else self._in_file(file, field_name)
        if not found:
            where = f"the environment variable {env} is not set" if env else f"the file {file} is empty"
            raise InvalidInput(f"{field_name}: {where}", field=field_name)
        return SecretStr(found)

    def _in_file(self, file: str, field_name: str) -> str:
        path = self._folder / file
        self.files.append(path)
        try:
            with path.open("rb") as opened:
                content = opened.read(MAX_SECRET_BYTES + 1)
            text = content.decode()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise InvalidInput(
                f"{field_name}: the file {file} cannot be read: {reason}", field=field_name
            ) from error
        return text.strip()


def _provider(said: FileProvider, secrets: _Secrets, place: str) -> WantedProvider:
    given = _valid(ProviderInput, said.model_dump(exclude={"keys", "api_key_env", "api_key_file"}), place)
    keys = []
    for number, key in enumerate(said.all_keys()):
        there = f"{place}.keys.{number}"
        secret = secrets.find(key.api_key_env, key.api_key_file, there)
        values = {"name": key.name, "weight": key.weight, "api_key": secret}
        keys.append(WantedKey(_valid(KeyInput, values, there), key.enabled))
    _check_names(f"{place}.keys", [key.given.name for key in keys])
    return WantedProvider(given, tuple(keys))


def _route(said: FileRoute, secrets: _Secrets, place: str) -> RouteInput:
    values = said.model_dump()
    hook = said.guardrails.webhook
    if hook is not None:
        secret = secrets.find(hook.secret_env, hook.secret_file, f"{place}.guardrails.webhook")
        kept = hook.model_dump(exclude={"secret_env", "secret_file"})
        values["guardrails"]["webhook"] = {**kept, "secret": secret}
    return _valid(RouteInput, values, place)


def _valid(shape: type[_T], values: dict[str, Any], place: str) -> _T:
    try:
        return pydantic.TypeAdapter(shape).validate_python(values)
    except pydantic.ValidationError as error:
        raise InvalidInput(_told(error, f"{place}.")) from error


def _check_names(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{what}: {name} is there twice", field=what)


def _told(error: pydantic.ValidationError, place: str = "") -> str:
    return "; ".join(_faults(error, place))


def _faults(error: pydantic.ValidationError, place: str) -> Iterator[str]:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    for fault in faults[:_FAULTS_TOLD]:
        where = ".".join(str(part) for part in fault["loc"])
        yield f"{place}{where}: {fault['msg']}" if where else f"{place.rstrip('.')}: {fault['msg']}"
    if len(faults) > _FAULTS_TOLD:
        yield f"and {len(faults) - _FAULTS_TOLD} more"
