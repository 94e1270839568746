"""Between wire shapes and values: times, terms, prices."""

from datetime import UTC, date, datetime

from lynex_server.kernel.clock import datetime_from_us, us_from_datetime
from lynex_server.kernel.errors import InvalidInput
from lynex_server.prices.repricing_rows import DifferenceLine, Repricing
from lynex_server.prices.repricing_schemas import DifferenceShape, RepricingShape, RepricingSummary
from lynex_server.prices.repricing_service import Progress
from lynex_server.prices.schemas import (
    HourFactor,
    ListedPriceShape,
    ListedRateShape,
    NewOverride,
    OverrideShape,
    RateShape,
    TermsShape,
    UnpricedShape,
)
from lynex_server.prices.storage import StoredOverride
from lynex_server.prices.unpriced import UnpricedModel
from lynex_server.pricing.public import (
    PER,
    HourWindow,
    ListedPrice,
    ListedRate,
    Override,
    Rate,
    Terms,
    book_unit,
    our_unit,
)

_YEAR_MIN, _YEAR_MAX = 2000, 2200


def instant_us(moment: datetime, field: str) -> int:
    """Microseconds of a moment of the request; a naive one is UTC. Raises `InvalidInput` out of range."""
    if not _YEAR_MIN <= moment.year <= _YEAR_MAX:
        raise InvalidInput(f"{field}: a year from {_YEAR_MIN} to {_YEAR_MAX} expected", field=field)
    return us_from_datetime(moment)


def terms_of(shape: TermsShape) -> Terms:
    """The terms that a request says. `per` that was left out is what a unit is usually priced by."""
    return Terms(
        kind=shape.kind,
        rates=tuple(
            Rate(
                unit=our_unit(book_unit(rate.unit)),
                usd=rate.usd,
                per=rate.per or PER.get(book_unit(rate.unit), 1),
                above_input_tokens=rate.above_input_tokens,
            )
            for rate in shape.rates
        ),
        factor=shape.factor,
        usd_per_million_tokens=shape.usd_per_million_tokens,
        gpu_hour_usd=shape.gpu_hour_usd,
        gpus=shape.gpus,
        tokens_per_s=shape.tokens_per_s,
        busy_share=shape.busy_share,
        tier_factors=shape.tier_factors,
        region_factors={region.lower(): factor for region, factor in shape.region_factors.items()},
        hour_factors=tuple(
            HourWindow(
                from_minute=_minute(window.from_time) % (24 * 60),
                until_minute=_minute(window.until_time),
                factor=window.factor,
            )
            for window in shape.hour_factors
        ),
    )


def override_of(shape: NewOverride, now_us: int) -> Override:
    """The override that a request says, without id and owner."""
    return Override(
        id="",
        organisation_id="",
        project_id="",
        provider=shape.provider,
        model=shape.model,
        service_tier=shape.service_tier,
        region=shape.region,
        valid_from_us=now_us if shape.valid_from is None else instant_us(shape.valid_from, "valid_from"),
        valid_until_us=None if shape.valid_until is None else instant_us(shape.valid_until, "valid_until"),
        terms=terms_of(shape.terms),
    )


def terms_shape(terms: Terms) -> TermsShape:
    """Terms as they go over the wire."""
    return TermsShape(
        kind=terms.kind,
        rates=[
            RateShape(unit=rate.unit, usd=rate.usd, per=rate.per, above_input_tokens=rate.above_input_tokens)
            for rate in terms.rates
        ],
        factor=terms.factor,
        usd_per_million_tokens=terms.usd_per_million_tokens,
        gpu_hour_usd=terms.gpu_hour_usd,
        gpus=terms.gpus,
        tokens_per_s=terms.tokens_per_s,
        busy_share=terms.busy_share,
        tier_factors=dict(terms.tier_factors),
        region_factors=dict(terms.region_factors),
        hour_factors=[
            HourFactor(
                from_time=_time(window.from_minute),
                until_time=_time(window.until_minute),
                factor=window.factor,
            )
            for window in terms.hour_factors
        ],
    )


def override_shape(stored: StoredOverride) -> OverrideShape:
    """An own price as it goes over the wire."""
    override = stored.override
    return OverrideShape(
        id=override.id,
        scope="project" if override.project_id else "organisation",
        provider=override.provider,
        model=override.model,
        service_tier=override.service_tier,
        region=override.region,
        valid_from=datetime_from_us(override.valid_from_us),
        valid_until=_moment(override.valid_until_us),
        terms=terms_shape(override.terms),
        note=stored.note,
        created_by=stored.created_by,
        created_at=datetime_from_us(stored.created_at_us),
        updated_at=datetime_from_us(stored.updated_at_us),
        removed_at=_moment(stored.removed_at_us),
    )


def rate_shapes(rates: tuple[ListedRate, ...]) -> list[ListedRateShape]:
    """Rates as they go over the wire."""
    return [
        ListedRateShape(
            unit=rate.unit, usd=rate.usd, per=rate.per, above_input_tokens=rate.above_input_tokens
        )
        for rate in rates
    ]


def listed_shape(price: ListedPrice) -> ListedPriceShape:
    """A source's price as it goes over the wire."""
    return ListedPriceShape(
        source=price.source,
        provider=price.provider,
        model=price.model,
        condition=price.condition,
        valid_from=price.valid_from,
        valid_until=None,
        current=price.current,
        override_id="",
        rates=rate_shapes(price.rates),
    )


def own_shape(
    override: Override, rates: tuple[ListedRate, ...], condition: str, now_us: int
) -> ListedPriceShape:
    """An own price among those of the sources."""
    return ListedPriceShape(
        source="own",
        provider=override.provider or "any",
        model=override.model,
        condition=condition,
        valid_from=_date(override.valid_from_us),
        valid_until=None if override.valid_until_us is None else _date(override.valid_until_us),
        current=override.holds(now_us),
        override_id=override.id,
        rates=rate_shapes(rates),
    )


def unpriced_shape(model: UnpricedModel) -> UnpricedShape:
    """An unpriced model as it goes over the wire."""
    return UnpricedShape(
        provider=model.provider,
        model=model.model,
        spans=model.spans,
        first_seen=datetime_from_us(model.first_seen_us),
        last_seen=datetime_from_us(model.last_seen_us),
        sample_trace_id=model.trace_id,
        sample_span_id=model.span_id,
        input_tokens=model.input_tokens,
        output_tokens=model.output_tokens,
        flags=list(model.flags),
    )


def repricing_summary(job: Repricing) -> RepricingSummary:
    """A repricing in a list."""
    return RepricingSummary(
        id=job.id,
        from_time=datetime_from_us(job.stretch.from_us),
        to_time=datetime_from_us(job.stretch.until_us),
        provider=job.stretch.provider,
        model=job.stretch.model,
        dry_run=job.dry_run,
        state=job.state,
        spans=job.spans,
        created_by=job.created_by,
        created_at=datetime_from_us(job.created_at_us),
        finished_at=_moment(job.finished_at_us),
        error=job.error,
    )


def repricing_shape(progress: Progress) -> RepricingShape:
    """A repricing with all that there is to say of it."""
    found = progress.differences
    old, new = sum(line.old_nanousd for line in found), sum(line.new_nanousd for line in found)
    return RepricingShape(
        **repricing_summary(progress.repricing).model_dump(),
        spans_done=progress.spans_done,
        changed=sum(line.changed for line in found),
        old_nanousd=old,
        new_nanousd=new,
        difference_nanousd=new - old,
        differences=[_difference_shape(line) for line in found],
    )


def _difference_shape(line: DifferenceLine) -> DifferenceShape:
    return DifferenceShape(
        day=line.day,
        provider=line.provider,
        model=line.model,
        changed=line.changed,
        old_nanousd=line.old_nanousd,
        new_nanousd=line.new_nanousd,
        difference_nanousd=line.new_nanousd - line.old_nanousd,
        old_unpriced=line.old_unpriced,
        new_unpriced=line.new_unpriced,
    )


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else datetime_from_us(at_us)


def _date(at_us: int) -> date:
    return datetime_from_us(at_us).astimezone(UTC).date()
