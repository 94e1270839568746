"""What the API's wire shapes have in common."""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Base of every answer: a field that is not declared is a mistake, and nothing changes after shaping."""

    model_config = ConfigDict(extra="forbid", frozen=True)
