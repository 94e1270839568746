"""Files of providers, as their APIs and consoles write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.errors import InvalidInput
from lynex_server.prices.provider_formats import ReportLine, read_report

OPENAI_USAGE = {
    "object": "page",
    "data": [
        {
            "object": "bucket",
            "start_time": 1_767_571_200,
            "end_time": 1_767_657_600,
            "results": [
                {
                    "object": "organization.usage.completions.result",
                    "input_tokens": 1000,
                    "output_tokens": 500,
                    "input_cached_tokens": 800,
                    "num_model_requests": 5,
                    "model": "gpt-4o-2024-08-06",
                    "batch": False,
                },
                {
                    "input_tokens": 10,
                    "output_tokens": 1,
                    "num_model_requests": 1,
                    "model": "gpt-4o-2024-08-06",
                },
            ],
        }
    ],
    "has_more": False,
}
OPENAI_COSTS = {
    "data": [
        {
            "start_time": 1_767_571_200,
            "results": [
                {
                    "object": "organization.costs.result",
                    "amount": {"value": 0.06, "currency": "usd"},
                    "line_item": "gpt-4o-2024-08-06, input",
                },
                {"amount": {"value": 0.02, "currency": "usd"}, "line_item": "gpt-4o-2024-08-06, output"},
                {"amount": {"value": 0.01, "currency": "usd"}, "line_item": None},
            ],
        }
    ]
}
ANTHROPIC_USAGE = {
    "data": [
        {
            "starting_at": "2026-01-05T00:00:00Z",
            "ending_at": "2026-01-06T00:00:00Z",
            "results": [
                {
                    "uncached_input_tokens": 100,
                    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 3},
                    "cache_read_input_tokens": 900,
                    "output_tokens": 50,
                    "model": "claude-sonnet-4-5-20250929",
                }
            ],
        }
    ]
}
ANTHROPIC_COSTS = {
    "data": [
        {
            "starting_at": "2026-01-05T00:00:00Z",
            "results": [
                {"currency": "USD", "amount": "123.4567", "model": "claude-sonnet-4-5-20250929"},
                {"currency": "USD", "amount": "10", "model": None, "description": "Web search"},
            ],
        }
    ]
}
ANTHROPIC_CSV = """usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,\
usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens
2026-01-05,claude-sonnet-4-5-20250929,a,100,20,3,900,40
2026-01-05,claude-sonnet-4-5-20250929,b,0,0,0,0,10
"""
DAY = "2026-01-05"


@pytest.mark.parametrize(
    ("content", "found", "lines"),
    [
        (
            json.dumps(OPENAI_USAGE),
            "openai usage",
            [ReportLine(DAY, "gpt-4o-2024-08-06", 6, 1010, 501, 800)],
        ),
        (
            json.dumps(OPENAI_COSTS),
            "openai costs",
            [
                ReportLine(DAY, "(other)", cost_nanousd=10_000_000),
                ReportLine(DAY, "gpt-4o-2024-08-06", cost_nanousd=80_000_000),
            ],
        ),
        (
            json.dumps(ANTHROPIC_USAGE),
            "anthropic usage",
            [ReportLine(DAY, "claude-sonnet-4-5-20250929", None, 1023, 50, 900)],
        ),
        (
            json.dumps(ANTHROPIC_COSTS),
            "anthropic costs",
            [
                ReportLine(DAY, "(other)", cost_nanousd=100_000_000),
                ReportLine(DAY, "claude-sonnet-4-5-20250929", cost_nanousd=1_234_567_000),
            ],
        ),
        (
            ANTHROPIC_CSV,
            "anthropic usage",
            [ReportLine(DAY, "claude-sonnet-4-5-20250929", None, 1023, 50, 900)],
        ),
        (
            "usage_date_utc,model,token_type,cost_usd\n2026-01-05,claude-opus-4,input,1.25\n",
            "anthropic costs",
            [ReportLine(DAY, "claude-opus-4", cost_nanousd=1_250_000_000)],
        ),
        (
            "start_time,start_time_iso,amount_value,amount_currency,line_item\n"
            '1767571200,2026-01-05T00:00:00+00:00,0.5,usd,"gpt-4o, output"\n',
            "openai costs",
            [ReportLine(DAY, "gpt-4o", cost_nanousd=500_000_000)],
        ),
        (
            "\ufeffstart_time,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\n"
            "1767571200,gpt-4o,2,10,5,\n",
            "openai usage",
            [ReportLine(DAY, "gpt-4o", 2, 10, 5, None)],
        ),
    ],
    ids=[
        "openai usage", "openai costs", "anthropic usage", "anthropic costs in cents", "anthropic csv",
        "anthropic cost csv", "openai cost csv", "openai usage csv",
    ],
)  # fmt: skip
def test_reads_what_a_provider_writes(content: str, found: str, lines: list[ReportLine]):
    report = read_report(content)

    assert (report.format, report.provider, list(report.lines)) == (found, found.split()[0], lines)


def test_an_hour_before_midnight_elsewhere_is_another_day_in_utc():
    content = "start_time_iso,model,input_tokens,output_tokens\n2026-01-04T23:30:00-05:00,gpt-4o,1,1\n"

    assert read_report(content).lines[0].day == DAY


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "{}",
        '{"data": []}',
        '{"data": [{"results": [{"moons": 1}]}]}',
        "a,b\n1,2\n",
        "date,model,cost_usd\n",
        "date,model,cost_usd\nsoon,gpt-4o,1\n",
        "date,model,cost_usd\n2026-01-05,gpt-4o,much\n",
        "date,model,input_tokens\n2026-01-05,gpt-4o,-1\n",
        "date,model,input_tokens\n2026-01-05,gpt-4o,1.5\n",
        "date,model,amount_value,amount_currency\n2026-01-05,gpt-4o,1,eur\n",
        "date,model,cost_usd\n2026-01-05,gpt-4o,NaN\n",
    ],
)
def test_what_is_no_report_is_refused(content: str):
    with pytest.raises(InvalidInput, match=r"^content: "):
        read_report(content)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(content: str):
    try:
        report = read_report(content)
    except InvalidInput:
        return
    assert report.lines
