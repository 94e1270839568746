"""What is wrong with the environment, said so that a person can mend it."""

import pydantic

from lynex_server.kernel.settings import Settings


def said_of(error: ValueError) -> str:
    """The text of an error; of one about settings, which environment variables are wrong and why.

    Says no value of a variable: it may be a secret.
    """
    if not isinstance(error, pydantic.ValidationError):
        return str(error)
    prefix = Settings.model_config.get("env_prefix", "")
    return "; ".join(
        f"{prefix}{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
