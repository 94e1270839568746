"""The table of this slice. `0009_limits.py` among the migrations makes it."""

import sqlalchemy as sa

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})

request_limits = sa.Table(
    "request_limits",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("api_key_id", sa.Text, primary_key=True),  # empty: the project as a whole
    sa.Column("plan", sa.Text, nullable=True),  # of a project; None: default
    sa.Column("requests_per_s", sa.Double, nullable=True),  # None, here and below: as the plan has it
    sa.Column("burst", sa.BigInteger, nullable=True),
    sa.Column("bytes_per_s", sa.BigInteger, nullable=True),
    sa.Column("max_body_bytes", sa.BigInteger, nullable=True),
)
