"""Own prices, the sources' prices, the calculator and the unpriced list over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from lynex_server.identity.public import Principal, require, require_in_organisation
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.prices.repricing_schemas import PricedModel
from lynex_server.prices.repricing_service import RepricingService
from lynex_server.prices.repricing_statements import Stretch
from lynex_server.prices.schemas import (
    Calculated,
    Calculation,
    NewOverride,
    Overrides,
    OverrideShape,
    Prices,
    PriceUnpriced,
    Unpriced,
)
from lynex_server.prices.service import Call, Owner, PricesService
from lynex_server.prices.shapes import (
    instant_us,
    listed_shape,
    override_of,
    override_shape,
    own_shape,
    rate_shapes,
    repricing_shape,
    unpriced_shape,
)
from lynex_server.pricing.public import listed_rates

router = APIRouter(prefix="/v1", tags=["prices"])

Reader = Annotated[Principal, require("prices:read")]
Writer = Annotated[Principal, require("prices:write")]
OrganisationReader = Annotated[Principal, require_in_organisation("prices:read")]
OrganisationWriter = Annotated[Principal, require_in_organisation("prices:write")]
OverrideId = Annotated[str, Path(max_length=100, examples=["ovr_01j9zq"])]
OrganisationId = Annotated[str, Path(max_length=100, examples=["default"])]
_DAY_US = 86_400_000_000
UNPRICED_DAYS_MAX = 400
_SINCE_EVER_US = 946_684_800_000_000  # 2000-01-01


def service_of(request: Request) -> PricesService:
    """The service that the app put in its state."""
    service: PricesService = request.app.state.prices
    return service


@router.get("/prices", summary="Look up prices")
def search_prices(
    request: Request,
    principal: Reader,
    query: Annotated[str, Query(max_length=200, examples=["claude sonnet"])] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Prices:
    """Prices of models whose provider and name hold every word: own ones first, then the sources in order,
    each with every rate, its source, its conditions and what held before."""
    service = service_of(request)
    words = query.lower().split()
    now_us = service.now_us()
    own = [
        own_shape(
            stored.override, service.rates_of(stored.override), service.condition_of(stored.override), now_us
        )
        for stored in service.overrides(_owner(principal))
        if all(word in f"{stored.override.provider} {stored.override.model}" for word in words)
    ]
    listed = [listed_shape(price) for price in service.search(query, limit)]
    return Prices(sources=service.sources(), items=[*own, *listed][:limit])


@router.post("/prices/calculate", summary="Work out a cost")
def calculate(request: Request, principal: Reader, body: Calculation) -> Calculated:
    """What a call with that usage would cost this project, at the prices of that moment, and by which."""
    service = service_of(request)
    call = Call(
        provider=body.provider,
        model=body.model,
        service_tier=body.service_tier,
        region=body.region,
        usage=dict(body.usage),
        usage_convention=body.usage_convention,
        at_us=service.now_us() if body.at is None else instant_us(body.at, "at"),
        duration_ms=body.duration_ms,
    )
    usage, cost, rates = service.calculate(principal.project_id, call)
    return Calculated(
        cost_nanousd=cost.nanousd,
        cost_usd=None if cost.nanousd is None else usd_from_nanousd(cost.nanousd),
        price_version=cost.version,
        flags=[*usage.flags, *cost.flags],
        usage=service.told_usage(usage),
        rates=rate_shapes(listed_rates(rates) if rates else ()),
    )


@router.get("/prices/unpriced", summary="List what has no price")
def list_unpriced(
    request: Request,
    principal: Reader,
    days: Annotated[int, Query(ge=1, le=UNPRICED_DAYS_MAX)] = 30,
) -> Unpriced:
    """Models whose calls of the last days have no cost, with counts, when they were first and last seen, and
    one such call."""
    service = service_of(request)
    until_us = service.now_us() + _DAY_US  # a sender's clock may be ahead of ours
    found = service.unpriced(principal.project_id, until_us - (days + 1) * _DAY_US, until_us)
    return Unpriced(items=[unpriced_shape(model) for model in found])


@router.post("/prices/unpriced/price", status_code=201, summary="Price an unpriced model")
def price_unpriced(request: Request, principal: Writer, body: PriceUnpriced) -> PricedModel:
    """Set a price for a model since its first call, and price again what was recorded without one."""
    service, actor = service_of(request), principal.actor()
    wanted = NewOverride(
        provider=body.provider, model=body.model, terms=body.terms, note=body.note, confirm=body.confirm
    )
    override = override_of(wanted, _SINCE_EVER_US)
    stored = service.add_override(_owner(principal), override, body.note, body.confirm, actor)
    repricing = None
    if body.reprice:
        repricings: RepricingService = request.app.state.repricings
        stretch = Stretch(principal.project_id, _SINCE_EVER_US, service.now_us(), "", stored.override.model)
        asked = repricings.ask(principal.organisation_id, stretch, False, actor)
        repricing = repricing_shape(asked)
    return PricedModel(override=override_shape(stored), repricing=repricing)


@router.get("/prices/overrides", summary="List own prices")
def list_overrides(
    request: Request,
    principal: Reader,
    removed: Annotated[bool, Query(description="Those that were removed, too.")] = False,
) -> Overrides:
    """This project's own prices and its organisation's, latest first."""
    found = service_of(request).overrides(_owner(principal), removed)
    return Overrides(items=[override_shape(stored) for stored in found])


@router.post("/prices/overrides", status_code=201, summary="Set an own price")
def add_override(request: Request, principal: Writer, body: NewOverride) -> OverrideShape:
    """Of this project, in force everywhere within a second. One that looks like a slip needs `confirm`."""
    service = service_of(request)
    override = override_of(body, service.now_us())
    stored = service.add_override(_owner(principal), override, body.note, body.confirm, principal.actor())
    return override_shape(stored)


@router.get("/prices/overrides/{override_id}", summary="Show an own price")
def show_override(request: Request, principal: Reader, override_id: OverrideId) -> OverrideShape:
    """One of this project's own prices or of its organisation's."""
    return override_shape(service_of(request).find_override(_owner(principal), override_id))


@router.put("/prices/overrides/{override_id}", summary="Change an own price")
def replace_override(
    request: Request, principal: Writer, override_id: OverrideId, body: NewOverride
) -> OverrideShape:
    """Correct it as a whole. What was priced with it stays as it is until history is priced again. For a
    price that changes from a day on, set another one that is valid from then."""
    service = service_of(request)
    before = service.find_override(_owner(principal), override_id)
    override = override_of(body, before.override.valid_from_us)
    stored = service.replace_override(
        _owner(principal), override_id, override, body.note, body.confirm, principal.actor()
    )
    return override_shape(stored)


@router.delete("/prices/overrides/{override_id}", status_code=204, summary="Remove an own price")
def remove_override(request: Request, principal: Writer, override_id: OverrideId) -> Response:
    """From now on it does not count, for any day. It stays readable among the removed ones."""
    service_of(request).remove_override(_owner(principal), override_id, principal.actor())
    return Response(status_code=204)


@router.get("/organisations/{organisation_id}/prices/overrides", summary="List an organisation's own prices")
def list_organisation_overrides(
    request: Request, principal: OrganisationReader, organisation_id: OrganisationId
) -> Overrides:
    """Those that hold for each of its projects, latest first."""
    found = service_of(request).overrides(Owner(organisation_id, ""))
    return Overrides(items=[override_shape(stored) for stored in found])


@router.post(
    "/organisations/{organisation_id}/prices/overrides",
    status_code=201,
    summary="Set an organisation's own price",
)
def add_organisation_override(
    request: Request, principal: OrganisationWriter, organisation_id: OrganisationId, body: NewOverride
) -> OverrideShape:
    """For each of its projects; a project's own price goes before it."""
    service = service_of(request)
    override = override_of(body, service.now_us())
    owner = Owner(organisation_id, "")
    return override_shape(service.add_override(owner, override, body.note, body.confirm, principal.actor()))


@router.put(
    "/organisations/{organisation_id}/prices/overrides/{override_id}",
    summary="Change an organisation's own price",
)
def replace_organisation_override(
    request: Request,
    principal: OrganisationWriter,
    organisation_id: OrganisationId,
    override_id: OverrideId,
    body: NewOverride,
) -> OverrideShape:
    """Correct it as a whole, for each of its projects, as a project's own price is corrected."""
    service, owner = service_of(request), Owner(organisation_id, "")
    before = service.find_override(owner, override_id)
    override = override_of(body, before.override.valid_from_us)
    stored = service.replace_override(
        owner, override_id, override, body.note, body.confirm, principal.actor()
    )
    return override_shape(stored)


@router.delete(
    "/organisations/{organisation_id}/prices/overrides/{override_id}",
    status_code=204,
    summary="Remove an organisation's own price",
)
def remove_organisation_override(
    request: Request,
    principal: OrganisationWriter,
    organisation_id: OrganisationId,
    override_id: OverrideId,
) -> Response:
    """From now on it does not count for any of its projects."""
    service_of(request).remove_override(Owner(organisation_id, ""), override_id, principal.actor())
    return Response(status_code=204)


def _owner(principal: Principal) -> Owner:
    return Owner(principal.organisation_id, principal.project_id)
