"""Organisations with everything in them that a route can name, in a running Lynex: victims and strangers."""

import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import sqlalchemy as sa
from app.real_lynex import HTTP, Installation, Tenant, an_event, eventually
from clocks import FixedClock
from identity.people import a_user, make_member

from lynex_server.alerts.incident_storage import put_incident
from lynex_server.alerts.model import Incident
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.identity.model import Person
from lynex_server.identity.place import Place
from lynex_server.identity.public import COMMAND_LINE, SCOPES, Identity, KeyWish, Role
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.sso import ProviderWish, SsoProviders
from lynex_server.kernel.clock import Clock, SystemClock
from lynex_server.kernel.ids import OrganisationId, ProjectId, new_id
from lynex_server.prices.repricing_rows import Repricing, add_repricing
from lynex_server.prices.repricing_statements import Stretch
from lynex_server.prices.storage import StoredOverride, add_override
from lynex_server.prices.tables import provider_reports
from lynex_server.pricing.public import Override, Terms
from lynex_server.privacy.tables import erasures
from lynex_server.safety.public import Vault, fixed_master_key

DAY_US = 24 * 3600 * 1_000_000
NOT_COMPARED = {"last_used_at_us", "last_seen_at_us"}
"""Columns that change by being looked at."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with a credential, or without one."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request; `headers` of it come on top."""
        headers = self.headers | request.pop("headers", {})
        return HTTP.request(method, self.url + path, headers=headers, **request)


@dataclass(frozen=True, slots=True)
class Household:
    """An organisation: a project with data, people, keys and an invitation, and how to speak for each."""

    tenant: Tenant
    owner: Person
    owner_session: Asker
    names: dict[str, str]
    dead: dict[str, Asker]
    """Credentials that were valid once: an expired and a revoked key, an expired and an ended session."""

    @property
    def organisation_id(self) -> str:
        """Its id."""
        return self.names["organisation_id"]

    @property
    def secrets(self) -> list[str]:
        """What nobody else may ever read in an answer."""
        return [
            value
            for name, value in self.names.items()
            if name not in ("trace_id", "span_id", "now_ns", "now_s", "end_user_id", "user_code")
        ]


class Village:
    """Founds households in a running Lynex. To be closed."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self._database = open_database(installation.relational_url)
        self._identity = Identity(self._database, installation.master_key, SystemClock())
        self._columns_of: dict[str, list[str]] = {}

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    def found(self, with_data: bool = True) -> Household:
        """A new organisation with one of everything."""
        database, identity = self._database, self._identity
        owner = a_user(database, f"{new_id('owner')}@example.org")
        named = identity.organisations.create(owner, new_id("name"))
        organisation = named.id
        project = identity.create_project(new_id("name"), new_id("prj"), organisation).id
        make_member(database, owner, organisation, "owner", project)
        tenant = Tenant(self.installation.url, project, identity.create_key(project, "test").secret)
        names = self._fill(database, identity, organisation, project)
        names |= {"organisation_name": named.name}
        dead = self._dead_credentials(database, identity, project, owner)
        owner_session = self.session(database, owner)
        names |= _limits_on(tenant)
        names |= _alerts_on(tenant)
        names |= _gateway_on(tenant)
        if with_data:
            names |= self._send(tenant, names["end_user_id"])
        names |= {"now_ns": str(time.time_ns()), "now_s": str(int(time.time()))}
        return Household(tenant, owner, owner_session, names, dead)

    def stranger(self) -> tuple[Asker, Asker]:
        """A key and an owner of another organisation, which has a project and nothing in it."""
        database, identity = self._database, self._identity
        owner = a_user(database)
        organisation = identity.organisations.create(owner, new_id("name")).id
        project = identity.create_project(new_id("name"), new_id("prj"), organisation).id
        make_member(database, owner, organisation, "owner", project)
        return self._with_key(identity.create_key(project, "test").secret), self.session(database, owner)

    def neighbour(self, household: Household, role: Role) -> tuple[Asker, Asker]:
        """A second project of the same organisation: its key, and a person who is in it alone."""
        database, identity = self._database, self._identity
        organisation = OrganisationId(household.organisation_id)
        project = identity.create_project("Neighbour", new_id("prj"), organisation).id
        person = a_user(database)
        make_member(database, person, organisation, role, project)
        return self._with_key(identity.create_key(project, "test").secret), self.session(database, person)

    def visitor(self, role: Role, household: Household) -> Asker:
        """Another person with this role in the household's organisation."""
        database = self._database
        person = a_user(database)
        make_member(database, person, household.organisation_id, role)
        return self.session(database, person)

    def session(self, database: Database, person: Person, clock: Clock | None = None) -> Asker:
        """A session of the command line."""
        sessions = Sessions(database, clock or SystemClock(), SignInSettings())
        with database.begin() as connection:
            begun = sessions.begin(connection, person.user_id, "cli", "", "test")
        return Asker(self.installation.url, {"Authorization": f"Bearer {begun.token}"})

    def belongings(self, household: Household, of_project_alone: bool = False) -> set[str]:
        """Everything of a household that somebody else could change: every row that names it, in any table,
        its spans and its dead letters. New tables are in it without being named here."""
        marks = [household.tenant.project_id, household.owner.user_id]
        marks += [] if of_project_alone else [household.organisation_id]
        with self._database.read() as connection:
            rows = {
                f"{table} {_told(row)}"
                for table, columns in self._columns(connection).items()
                # As it is: to compile the statements of sixty tables takes five times as long as to run them.
                for row in connection.exec_driver_sql(*_naming(marks, table, columns)).mappings()
            }
        return rows | _data_of(household.tenant)

    def _columns(self, connection: sa.Connection) -> dict[str, list[str]]:
        """The columns of every table, as the database has them: it is the same one all the time."""
        if not self._columns_of:
            inspector = sa.inspect(connection)
            for table in inspector.get_table_names():
                self._columns_of[table] = [column["name"] for column in inspector.get_columns(table)]
        return self._columns_of

    def _with_key(self, secret: str) -> Asker:
        return Asker(self.installation.url, {"Authorization": f"Bearer {secret}"})

    def _fill(
        self, database: Database, identity: Identity, organisation: OrganisationId, project: ProjectId
    ) -> dict[str, str]:
        member, guest = a_user(database), a_user(database)
        make_member(database, member, organisation, "member")
        make_member(database, guest, organisation, "viewer", project)
        invited = identity.invitations.create(COMMAND_LINE, Place(organisation), "a@example.org", "viewer")
        to_project = identity.invitations.create(
            COMMAND_LINE, Place(organisation, project), "b@example.org", "viewer"
        )
        environment = new_id("env")
        identity.projects.add_environment(COMMAND_LINE, project, environment)
        return {
            "organisation_id": organisation,
            "project_id": project,
            "user_id": member.user_id,
            "guest_id": guest.user_id,
            "email": member.email,
            "invitation_id": invited.invitation.id,
            "project_invitation_id": to_project.invitation.id,
            "token": invited.token,
            "key_id": identity.create_key(project, new_id("name")).key.id,
            "name": environment,
            "end_user_id": new_id("end_user"),
            "provider_id": self._provider(database, identity, organisation),
            "erasure_id": _finished_erasure(database, organisation, project),
            "user_code": "BCDF-GHJK",
            **_prices(database, organisation, project),
            "incident_id": _open_incident(database, organisation, project),
        }

    def _provider(self, database: Database, identity: Identity, organisation: OrganisationId) -> str:
        vault = Vault(database, fixed_master_key(self.installation.master_key), SystemClock())
        providers = SsoProviders(database, SystemClock(), identity.audit, vault)
        wish = ProviderWish(
            name=new_id("name"),
            issuer="https://login.example.org",
            client_id=new_id("client"),
            client_secret="a secret of the provider",
            email_domains=("example.org",),
            role_claim="",
            role_mapping={},
            default_role="viewer",
        )
        return providers.add(COMMAND_LINE, organisation, wish).provider.id

    def _dead_credentials(
        self, database: Database, identity: Identity, project: ProjectId, owner: Person
    ) -> dict[str, Asker]:
        long_ago = FixedClock(SystemClock().now_us() - 400 * DAY_US)
        then = Identity(database, self.installation.master_key, long_ago)
        expired = then.keys.create(
            COMMAND_LINE, project, KeyWish("expired", SCOPES, long_ago.now_us() + DAY_US)
        )
        revoked = identity.create_key(project, "revoked")
        identity.revoke_key(project, revoked.key.id)
        expired_session = self.session(database, owner, long_ago)
        ended_session = self.session(database, owner)
        sessions = Sessions(database, SystemClock(), SignInSettings())
        with database.begin() as connection:
            sessions.end_all(connection, owner.user_id)
        return {
            "an expired key": self._with_key(expired.secret),
            "a revoked key": self._with_key(revoked.secret),
            "an expired session": expired_session,
            "an ended session": ended_session,
        }

    def _send(self, tenant: Tenant, end_user_id: str) -> dict[str, str]:
        mark = f"of-{tenant.project_id}"
        names = dict.fromkeys(("session_id", "model", "name", "environment", "input", "route"), mark)
        tenant.send(an_event(1, cost_usd=0.123456789, latency_ms=1024.0, end_user_id=end_user_id, **names))
        tenant.see(1)
        self.installation.put_in_queue(tenant, b"not a batch")
        [letter] = eventually(lambda: tenant.get("/v1/dead-letters")["items"])
        return {
            "trace_id": f"{1:032x}",
            "span_id": f"{1:016x}",
            "session_id": mark,
            "letter_id": letter["id"],
        }


def _prices(database: Database, organisation_id: str, project_id: str) -> dict[str, str]:
    """Ids of an own price, one of the organisation, a repricing that is over, and a provider's report."""
    own, shared, repricing = new_id("ovr"), new_id("ovr"), new_id("rpr")
    terms = Terms(kind="flat", usd_per_million_tokens=Decimal("1.5"))
    report_id = new_id("prr")
    with database.begin() as connection:
        for override_id, project in ((own, project_id), (shared, "")):
            override = Override(
                override_id, organisation_id, project, "", new_id("model"), "", "", 0, None, terms
            )
            add_override(connection, StoredOverride(override, "", "test", 1, 1, None))
        stretch = Stretch(project_id, 1, 2)
        add_repricing(connection, Repricing(repricing, stretch, False, "done", 0, "test", 1, 1, ""))
        connection.execute(
            sa.insert(provider_reports).values(
                id=report_id,
                project_id=project_id,
                provider="openai",
                name=new_id("name"),
                format="openai costs",
                first_day="2026-01-05",
                last_day="2026-01-05",
                imported_by="test",
                imported_at_us=1,
            )
        )
    return {
        "override_id": own,
        "shared_override_id": shared,
        "repricing_id": repricing,
        "report_id": report_id,
    }


def _finished_erasure(database: Database, organisation_id: str, project_id: str) -> str:
    """The id of an erasure that was done long ago."""
    erasure_id = new_id("ers")
    with database.begin() as connection:
        connection.execute(
            sa.insert(erasures).values(
                id=erasure_id,
                organisation_id=organisation_id,
                project_id=project_id,
                kind="end_user",
                subject=new_id("hash"),
                end_user_id="",
                requested_by="system:test",
                requested_at_us=1,
                step="finished",
                step_since_us=1,
                attempts=0,
                lease_until_us=0,
                finished_at_us=1,
                shield_until_us=0,
                findings='{"erased": {}, "left": {}, "named": {}}',
            )
        )
    return erasure_id


def _open_incident(database: Database, organisation_id: str, project_id: str) -> str:
    """The id of an incident of which everybody was told."""
    incident = Incident(
        id=new_id("ali"),
        organisation_id=organisation_id,
        project_id=project_id,
        rule_id="",
        rule_name=new_id("name"),
        group="",
        severity="info",
        labels={},
        summary="",
        note="",
        value=None,
        channel_ids=(),
        inhibits=(),
        opened_at_us=1,
        noticed_at_us=1,
        notified_at_us=1,
    )
    with database.begin() as connection:
        put_incident(connection, incident)
    return incident.id


def _alerts_on(tenant: Tenant) -> dict[str, str]:
    """A rule and a digest that do nothing by themselves, a channel, a silence and a mute schedule."""

    def made(path: str, **body: Any) -> str:
        answer = tenant.ask("POST", f"/v1/alerts{path}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    condition = {"kind": "above", "limit": 5}
    window = {"days": ["mon"], "start": "22:00", "end": "06:00"}
    target = {"kind": "email", "to": ["alerts@example.org"]}
    return {
        "rule_id": made("/rules", name=new_id("name"), metric="calls", condition=condition, enabled=False),
        "channel_id": made("/channels", name=new_id("name"), target=target),
        "silence_id": made("/silences", reason=new_id("name"), minutes=60),
        "mute_id": made("/mutes", name=new_id("name"), windows=[window]),
        "digest_id": made("/digests", name=new_id("name"), enabled=False),
    }


def _gateway_on(tenant: Tenant) -> dict[str, str]:
    """An upstream that nobody calls, with a key and a route to it, and one that no route leads to."""

    def made(path: str, **body: Any) -> Any:
        answer = tenant.ask("POST", f"/v1/gateway{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    secret, upstream = f"sk-{new_id('secret')}", new_id("upstream")
    provider = made("/providers", name=upstream, kind="ollama", api_key=secret)
    return {
        "upstream": upstream,
        "upstream_id": provider["id"],
        "upstream_key_id": provider["keys"][0]["id"],
        "upstream_key": secret,
        "idle_upstream_id": made("/providers", name=new_id("upstream"), kind="ollama")["id"],
        "route_id": made("/routes", name=new_id("name"), targets=[{"provider": upstream}])["id"],
    }


def _limits_on(tenant: Tenant) -> dict[str, str]:
    """A budget, a reservation, a kill switch that stops nothing, and a hook."""

    def made(path: str, **body: Any) -> Any:
        answer = tenant.ask("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return {
        "budget_id": made("/v1/budgets", name=new_id("name"), limit=1000)["id"],
        "reservation_id": made("/v1/reservations", cost_usd=0.01)["id"],
        "switch_id": made("/v1/kill-switch/trigger", reason="drill", dry_run=True)["id"],
        "hook_id": made("/v1/kill-switch/hooks", name=new_id("name"))["hook"]["id"],
    }


def _naming(marks: list[str], table: str, columns: list[str]) -> tuple[str, dict[str, str]]:
    """Asks a table for its rows that name one of `marks` in any column, be it within something longer."""
    tests = " OR ".join(
        f'instr(CAST("{column}" AS BLOB), CAST(:mark{number} AS BLOB)) > 0'
        for column in columns
        for number in range(len(marks))
    )
    return f'SELECT * FROM "{table}" WHERE {tests}', {f"mark{n}": mark for n, mark in enumerate(marks)}


def _told(row: Any) -> str:
    return json.dumps({name: repr(value) for name, value in row.items() if name not in NOT_COMPARED})


def _data_of(tenant: Tenant) -> set[str]:
    letters = tenant.get("/v1/dead-letters")
    parts = [
        *(json.dumps(row, sort_keys=True) for row in tenant.rows()),
        letters,
        *(tenant.get(f"/v1/dead-letters/{item['id']}") for item in letters["items"]),
        tenant.get("/v1/metrics/summary")["calls"],
    ]
    return {str(part) for part in parts}


class Watch:
    """Sees what of a household has changed since it was last asked."""

    def __init__(self, village: Village, household: Household, of_project_alone: bool = False) -> None:
        self._look = lambda: village.belongings(household, of_project_alone)
        self._seen = self._look()

    def changes(self) -> set[str]:
        """Rows that came, went, or are different now."""
        seen, self._seen = self._seen, self._look()
        return seen ^ self._seen
