"""The tables of this slice. `0001_identity.py` and `0004_people.py` among the migrations make them."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("erase_after_us", sa.BigInteger, nullable=True),  # set while it waits for its deletion
)

environments = sa.Table(
    "environments",
    metadata,
    sa.Column("project_id", sa.Text, sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("project_id", sa.Text, sa.ForeignKey("projects.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),  # separated by spaces, in the order of SCOPES
    sa.Column("prefix", sa.Text, nullable=False),  # how the secret begins: enough to recognise, not to guess
    sa.Column("secret_sha256", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
    sa.Column("allowed_networks", sa.Text, nullable=False),  # CIDR blocks separated by spaces; empty: all
    sa.Column("created_by", sa.Text, nullable=False),  # a user's id, a key's id, or empty: the command line
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=True),
    sa.Column("last_used_at_us", sa.BigInteger, nullable=True),
    sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
    sa.Column("replaced_by", sa.Text, nullable=True),  # the id of the key that a rotation made
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),  # lower case
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=True),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("project_id", sa.Text, primary_key=True),  # empty: every project of the organisation
    sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), primary_key=True, index=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("project_id", sa.Text, nullable=False),  # empty: every project of the organisation
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("token_sha256", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("invited_by", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=False),
    sa.Column("accepted_at_us", sa.BigInteger, nullable=True),
    sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("token_sha256", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),  # browser, or cli
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("last_seen_at_us", sa.BigInteger, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_sha256", sa.LargeBinary, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),  # empty: the link that makes the first owner
    sa.Column("browser_sha256", sa.LargeBinary, nullable=True),  # None: any browser, for the first owner
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("used_at_us", sa.BigInteger, nullable=True),
)

sso_providers = sa.Table(
    "sso_providers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("protocol", sa.Text, nullable=False),  # oidc
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.Text, nullable=False),  # the id of a secret in the vault
    sa.Column("email_domains", sa.Text, nullable=False),  # separated by spaces
    sa.Column("role_claim", sa.Text, nullable=False),
    sa.Column("role_mapping", sa.Text, nullable=False),  # JSON object: value of the claim -> role
    sa.Column("default_role", sa.Text, nullable=True),  # None: who is not mapped may not enter
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)

sso_domains = sa.Table(
    "sso_domains",
    metadata,
    sa.Column("domain", sa.Text, primary_key=True),  # of e-mail addresses, lower case
    sa.Column("organisation_id", sa.Text, nullable=False),  # whose providers may vouch for them
    sa.Column("confirmed_at_us", sa.BigInteger, nullable=False),
)

sso_attempts = sa.Table(
    "sso_attempts",
    metadata,
    sa.Column("state_sha256", sa.LargeBinary, primary_key=True),
    sa.Column("provider_id", sa.Text, nullable=False),
    sa.Column("browser_sha256", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("code_verifier", sa.Text, nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=False, index=True),
)

cli_attempts = sa.Table(
    "cli_attempts",
    metadata,
    sa.Column("device_sha256", sa.LargeBinary, primary_key=True),
    sa.Column("user_code", sa.Text, nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("expires_at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("user_id", sa.Text, nullable=True),  # who has let it in; empty: somebody has refused it
)
