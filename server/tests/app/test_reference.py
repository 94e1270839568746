"""The reference page of the settings."""

from lynex_server.app import system
from lynex_server.app.reference import SECTIONS, settings_reference
from lynex_server.kernel.settings import Settings


def test_every_setting_of_every_slice_is_on_the_page() -> None:
    package = system.__name__.partition(".")[0]
    declared = {each for each in Settings.__subclasses__() if each.__module__.startswith(f"{package}.")}

    assert {settings for _, settings in SECTIONS} == declared
    assert "| `LYNEX_GATEWAY_MAX_CALLS` | `10000` | Calls under way in one process" in settings_reference()
