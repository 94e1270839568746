"""Projects, keys and authentication, over SQLite and a real PostgreSQL."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from clocks import FixedClock
from structlog.testing import capture_logs

from lynex_server.engines.relational.database import Database
from lynex_server.identity.authentication import KEYS_TRIED_PER_SIGNATURE, REMEMBERED_US
from lynex_server.identity.permissions import granted_to_scopes
from lynex_server.identity.public import SCOPES, Identity, NewKey, Principal, sign
from lynex_server.identity.tables import api_keys
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound, Unauthorized
from lynex_server.kernel.ids import OrganisationId, ProjectId, UserId

MASTER_KEY = bytes(range(32))
BODY = b'{"a":1}'


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> Identity:
    return Identity(database, MASTER_KEY, clock)


def a_key(identity: Identity, project: str = "acme", **options: object) -> NewKey:
    if project not in {existing.id for existing in identity.list_projects()}:
        identity.create_project(project, project)
    return identity.create_key(ProjectId(project), name="a key", **options)


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def basic(user: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def signed(signer: str, secret: str, at_us: int, body: bytes = BODY) -> dict[str, str]:
    timestamp = str(at_us // 1_000_000)
    return {
        "x-lynex-key": signer,
        "x-lynex-timestamp": timestamp,
        "x-lynex-signature": sign(secret, timestamp, body),
    }


def refusal(identity: Identity, headers: dict[str, str], body: bytes = BODY) -> str:
    with pytest.raises(Unauthorized) as caught:
        identity.authenticate(headers, body)
    return str(caught.value)


# Keys


def test_a_new_key_opens_its_project_whichever_way_it_is_sent(identity: Identity, clock: FixedClock) -> None:
    made = a_key(identity)
    expected = Principal(
        project_id=ProjectId("acme"),
        organisation_id=OrganisationId("default"),
        api_key_id=made.key.id,
        user_id=UserId(""),
        permissions=granted_to_scopes(frozenset(SCOPES)),
        name=made.key.name,
    )

    for headers in (
        bearer(made.secret),
        {"x-api-key": made.secret},
        basic("pk-lf-public", made.secret),
        basic("acme", made.secret),
        signed(made.key.id, made.secret, clock.now_us()),
        signed("acme", made.secret, clock.now_us()),
    ):
        assert identity.authenticate(headers, BODY) == expected


def test_every_refusal_reads_the_same(identity: Identity, clock: FixedClock) -> None:
    made = a_key(identity)
    revoked = a_key(identity)
    identity.revoke_key(ProjectId("acme"), revoked.key.id)
    other = a_key(identity, project="other")
    now_us = clock.now_us()

    refusals = {
        refusal(identity, headers)
        for headers in (
            {},
            bearer("lx_nobody_knows_this_key"),
            bearer(revoked.secret),
            basic("other", made.secret),
            signed("nobody", made.secret, now_us),
            signed("acme", other.secret, now_us),
            signed("acme", revoked.secret, now_us),
            signed(made.key.id, made.secret, now_us - 301_000_000),
            signed(made.key.id, made.secret, now_us + 301_000_000),
            signed(made.key.id, made.secret, now_us, body=b"another body"),
        )
    }

    assert len(refusals) == 1


def test_a_signature_that_can_be_right_is_left_to_the_body(identity: Identity, clock: FixedClock) -> None:
    made = a_key(identity)

    assert (
        identity.authentication.authenticate_headers(signed("acme", "wrong secret", clock.now_us())) is None
    )
    assert identity.authentication.authenticate_headers(bearer(made.secret)) is not None
    for hopeless in (signed("nobody", made.secret, clock.now_us()), signed("acme", made.secret, 0)):
        with pytest.raises(Unauthorized):
            identity.authentication.authenticate_headers(hopeless)


def test_a_signature_by_project_tries_the_newest_keys_within_its_bound(
    identity: Identity, clock: FixedClock
) -> None:
    keys = []
    for _ in range(KEYS_TRIED_PER_SIGNATURE + 1):
        keys.append(a_key(identity))
        clock.advance_us(1)

    for made in keys[1:]:
        assert (
            identity.authenticate(signed("acme", made.secret, clock.now_us()), BODY).api_key_id == made.key.id
        )
    refusal(identity, signed("acme", keys[0].secret, clock.now_us()))


def test_a_revoked_key_stops_at_once_here_and_within_a_second_elsewhere(
    identity: Identity, database: Database, clock: FixedClock
) -> None:
    elsewhere = Identity(database, MASTER_KEY, clock)
    made = a_key(identity)
    proofs = (bearer(made.secret), signed("acme", made.secret, clock.now_us()))
    for headers in proofs:
        identity.authenticate(headers, BODY)
        elsewhere.authenticate(headers, BODY)

    identity.revoke_key(ProjectId("acme"), made.key.id)

    for headers in proofs:
        refusal(identity, headers)
    clock.advance_us(1_000_001)
    for headers in proofs:
        refusal(elsewhere, headers)


def test_a_key_that_was_just_used_needs_no_look_up(identity: Identity, database: Database) -> None:
    made = a_key(identity)
    principal = identity.authenticate(bearer(made.secret), BODY)
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))

    assert identity.authenticate(bearer(made.secret), BODY) == principal
    assert identity.authentication.remembered(bearer(made.secret)) == principal
    assert asked == []


def test_memory_alone_knows_no_key_that_was_not_used(identity: Identity, clock: FixedClock) -> None:
    made = a_key(identity)

    assert identity.authentication.remembered(bearer(made.secret)) is None
    assert identity.authentication.remembered(signed("acme", made.secret, clock.now_us())) is None
    with pytest.raises(Unauthorized):
        identity.authentication.remembered({})


def test_a_key_in_use_is_looked_up_anew_before_anybody_waits_for_it(
    identity: Identity, database: Database, clock: FixedClock
) -> None:
    elsewhere = Identity(database, MASTER_KEY, clock).authentication
    made = a_key(identity)
    headers = bearer(made.secret)
    elsewhere.authenticate(headers, BODY)
    identity.revoke_key(ProjectId("acme"), made.key.id)

    assert not elsewhere.is_due(headers)
    clock.advance_us(REMEMBERED_US // 2 + 1)
    assert [elsewhere.is_due(headers), elsewhere.is_due(headers)] == [True, False]
    assert elsewhere.remembered(headers) is not None
    elsewhere.renew(headers)

    assert elsewhere.remembered(headers) is None


def test_revoking_twice_keeps_the_first_time(identity: Identity, clock: FixedClock) -> None:
    made = a_key(identity)
    identity.revoke_key(ProjectId("acme"), made.key.id)
    revoked_at_us = clock.now_us()
    clock.advance_us(5)

    identity.revoke_key(ProjectId("acme"), made.key.id)

    assert [key.revoked_at_us for key in identity.list_keys(ProjectId("acme"))] == [revoked_at_us]


def test_nobody_revokes_the_key_of_another_project(identity: Identity) -> None:
    made = a_key(identity)
    identity.create_project("other", "other")

    with pytest.raises(NotFound):
        identity.revoke_key(ProjectId("other"), made.key.id)

    assert identity.authenticate(bearer(made.secret), BODY).api_key_id == made.key.id


def test_the_database_holds_no_secret(identity: Identity, database: Database) -> None:
    made = a_key(identity)

    with database.read() as connection:
        row = connection.execute(sa.select(api_keys)).one()

    assert made.secret.encode() not in b"".join(str(value).encode() for value in row) + row.sealed_secret
    assert made.secret not in repr(made)


def test_another_master_key_breaks_signatures_only_and_says_so_in_the_log(
    identity: Identity, database: Database, clock: FixedClock
) -> None:
    made = a_key(identity)
    changed = Identity(database, bytes(32), clock)

    assert changed.authenticate(bearer(made.secret), BODY).api_key_id == made.key.id
    with capture_logs() as logs:
        refusal(changed, signed("acme", made.secret, clock.now_us()))
    assert [line["api_key_id"] for line in logs] == [made.key.id]


def test_a_chosen_secret_works_and_can_be_given_once(identity: Identity) -> None:
    made = a_key(identity, secret="chosen-by-automation")

    assert identity.authenticate(bearer("chosen-by-automation"), BODY).api_key_id == made.key.id
    with pytest.raises(Conflict):
        a_key(identity, secret="chosen-by-automation")


@pytest.mark.parametrize(
    "secret", ["", "too-short", "with spaces in between", "ümlaut-ümlaut-ümlaut", "x" * 257]
)
def test_refuses_a_chosen_secret_that_headers_cannot_carry_or_guessing_finds(
    identity: Identity, secret: str
) -> None:
    with pytest.raises(InvalidInput):
        a_key(identity, secret=secret)


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "everything"]])
def test_refuses_scopes_that_do_not_exist(identity: Identity, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        a_key(identity, scopes=scopes)


def test_a_key_may_do_what_its_scopes_grant(identity: Identity) -> None:
    made = a_key(identity, scopes=["ingest"])
    principal = identity.authenticate(bearer(made.secret), BODY)

    assert principal.may("events:write")
    assert not principal.may("spans:read")
    assert not principal.may("keys:write")


def test_a_key_needs_its_project(identity: Identity) -> None:
    with pytest.raises(NotFound):
        identity.create_key(ProjectId("nowhere"), "a key")


# Projects


def test_lists_projects_and_keys_newest_first(identity: Identity, clock: FixedClock) -> None:
    identity.create_project("First", "first")
    clock.advance_us(1)
    identity.create_project("Second", "second")
    older = a_key(identity, "first")
    clock.advance_us(1)
    newer = a_key(identity, "first")

    assert [project.name for project in identity.list_projects()] == ["Second", "First"]
    assert identity.list_keys(ProjectId("first")) == [newer.key, older.key]
    assert identity.list_keys(ProjectId("second")) == []


def test_makes_up_a_project_id_and_refuses_one_that_is_taken(identity: Identity) -> None:
    assert identity.create_project("Acme").id.startswith("prj_")
    identity.create_project("Acme", "acme")
    with pytest.raises(Conflict):
        identity.create_project("Acme again", "acme")


@pytest.mark.parametrize(
    ("name", "project_id"), [("", "a"), ("x" * 201, "a"), ("a\nb", "a"), ("a", ""), ("a", "A b"), ("a", "-a")]
)
def test_refuses_project_names_and_ids_that_would_break_a_line_or_a_url(
    identity: Identity, name: str, project_id: str
) -> None:
    with pytest.raises(InvalidInput):
        identity.create_project(name, project_id)


# Bootstrap


def test_the_first_start_makes_a_project_and_a_key_and_later_ones_nothing(identity: Identity) -> None:
    first = identity.bootstrap(None)

    assert first is not None
    assert identity.authenticate(bearer(first.secret), BODY).project_id == "default"
    assert identity.bootstrap(None) is None
    assert [key.id for key in identity.list_keys(ProjectId("default"))] == [first.key.id]


def test_a_given_key_exists_after_start_also_beside_an_older_one(identity: Identity) -> None:
    identity.bootstrap(None)

    made = identity.bootstrap("given-by-automation")

    assert made is not None
    assert identity.bootstrap("given-by-automation") is None
    assert identity.authenticate(bearer("given-by-automation"), BODY).project_id == "default"


def test_a_revoked_key_does_not_come_back_at_the_next_start(identity: Identity) -> None:
    made = identity.bootstrap("given-by-automation")
    assert made is not None
    identity.revoke_key(made.key.project_id, made.key.id)

    assert identity.bootstrap("given-by-automation") is None
    refusal(identity, bearer("given-by-automation"))


def test_a_given_key_that_is_too_weak_stops_the_start_and_changes_nothing(identity: Identity) -> None:
    with pytest.raises(InvalidInput):
        identity.bootstrap("weak")

    assert identity.list_projects() == []


def test_processes_that_start_at_once_make_one_first_key(
    identity: Identity, open_relational: Callable[[], Database], clock: FixedClock
) -> None:
    starting = [Identity(open_relational(), MASTER_KEY, clock) for _ in range(4)]

    with ThreadPoolExecutor(len(starting)) as pool:
        made = list(pool.map(lambda each: each.bootstrap(None), starting))

    assert len([key for key in made if key is not None]) == 1
    assert len(identity.list_keys(ProjectId("default"))) == 1


def test_a_master_key_has_32_bytes(database: Database, clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Identity(database, b"short", clock)
