"""What the privacy routes give."""

from datetime import datetime

from pydantic import Field

from lynex_server.kernel.wire import Wire
from lynex_server.privacy.model import Kind, Step


class ErasureState(Wire):
    """How far an erasure is, and what was found."""

    id: str = Field(examples=["ers_01m7xe890gbrnph15qab049d2e"])
    kind: Kind = Field(description="`end_user`, or `project` when its time to be restored was over.")
    subject: str = Field(
        description="The end user as a salted hash: it stays when their id is forgotten. Empty for a project."
    )
    requested_by: str = Field(description="Who asked: `user:…`, `api_key:…` or `system:…`.")
    requested_at: datetime
    step: Step = Field(
        description="`queue`: what was received before is being stored. `stores`: it is being removed. "
        "`files`: the engines drop the files that they replaced, which takes some minutes. `verify`: every "
        "store is searched once more. Then `finished`, or `failed` when something is still left."
    )
    finished_at: datetime | None = Field(description="When it was verified.")
    erased: dict[str, int] = Field(description="How much there was, by store.", examples=[{"spans": 812}])
    left: dict[str, int] = Field(description="What the verification found; empty when all is gone.")
    named: dict[str, int] = Field(
        description="Where the end user is named by what is not theirs, such as a budget set for them: "
        "decide about these yourself."
    )


class ErasurePage(Wire):
    """Erasures, latest first."""

    items: list[ErasureState]
    next_cursor: str | None = Field(description="Asks for the older ones; null at the end.")
