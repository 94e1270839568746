"""The wire shapes of this slice."""

from pydantic import BaseModel, ConfigDict, Field


class Me(BaseModel):
    """The project and API key behind a request's credential."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "project_id": "default",
                    "project_name": "default",
                    "api_key_id": "key_01k9zv3w8r4m2n5p7q8s9t0abc",
                    "api_key_name": "first key",
                    "scopes": ["ingest", "read", "admin"],
                }
            ]
        },
    )

    project_id: str = Field(description="The tenant that everything this key sees belongs to.")
    project_name: str
    api_key_id: str = Field(description="The key's id; its secret is never shown again.")
    api_key_name: str
    scopes: list[str] = Field(description="What the key may do: some of ingest, read, admin.")
