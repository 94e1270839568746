"""The community price file: its fields, its names, and its place after the bundled data."""

from pathlib import Path

import pytest

from lynex_server.pricing.public import PriceBook, Usage, read_community_file

FILE = Path(__file__).parent / "community_prices.json"
PRICES = read_community_file(FILE)
BOOK = PriceBook(community=PRICES)
NOON_US = 1_793_620_800_000_000


def cost(
    provider: str, model: str, usage: Usage, tier: str = "", region: str = ""
) -> tuple[int | None, tuple[str, ...]]:
    priced = BOOK.price(provider, model, tier, region, usage, NOON_US)
    return priced.nanousd, priced.flags


CALL = Usage(input_tokens=1000, output_tokens=100)


def test_it_is_asked_only_for_what_the_bundled_data_lacks():
    assert cost("openai", "gpt-4o", CALL)[0] == 1000 * 2500 + 100 * 10_000


def test_it_gives_a_missing_model_its_price_and_names_itself():
    priced = BOOK.price("azure", "gpt-9", "", "", CALL, NOON_US)

    assert (priced.nanousd, priced.flags) == (1000 * 1000 + 100 * 4000, ())
    assert priced.version.startswith(f"{PRICES.version}:azure/gpt-9@")


@pytest.mark.parametrize(
    ("tier", "nanousd", "flags"),
    [
        ("batch", 1000 * 500 + 100 * 2000, ()),
        ("priority", 1000 * 2000 + 100 * 8000, ()),
        ("flex", 1000 * 1000 + 100 * 4000, ("tier_price_missing",)),
    ],
)
def test_each_tier_has_its_own_price(tier: str, nanousd: int, flags: tuple[str, ...]):
    assert cost("azure", "gpt-9", CALL, tier) == (nanousd, flags)


def test_a_long_context_price_holds_for_the_whole_request():
    assert cost("azure", "gpt-9", Usage(272_000, 10))[0] == 272_000 * 1000 + 10 * 4000
    assert cost("azure", "gpt-9", Usage(272_001, 10))[0] == 272_001 * 2000 + 10 * 6000


def test_cache_reads_and_writes_have_their_own_prices():
    usage = Usage(1000, 100, cache_read_tokens=500, cache_write_5m_tokens=100, cache_write_1h_tokens=50)

    assert cost("azure", "gpt-9", usage)[0] == 350 * 1000 + 500 * 100 + 100 * 1250 + 50 * 2000 + 100 * 4000


def test_a_web_search_costs_what_a_medium_context_does():
    usage = Usage(0, 0, other={"web_searches": 2})

    assert cost("azure", "gpt-9", usage)[0] == 50_000_000


def test_a_region_has_its_own_entry_or_an_uplift_or_is_said_to_fall_back():
    assert cost("azure", "gpt-9", CALL, region="eu") == (1000 * 1100 + 100 * 4400, ())
    assert cost("azure", "gpt-9", CALL, region="us") == ((1000 * 1000 + 100 * 4000) * 11 // 10, ())
    assert cost("azure", "gpt-9", CALL, region="jp") == (1000 * 1000 + 100 * 4000, ("region_fallback",))


def test_prices_by_ranges_hold_for_the_whole_request():
    assert cost("dashscope", "qwen-ranges", Usage(256_000, 10))[0] == 256_000 * 50 + 10 * 400
    assert cost("dashscope", "qwen-ranges", Usage(256_001, 10))[0] == 256_001 * 250 + 10 * 2000


def test_a_cache_hit_has_a_second_name():
    assert cost("chat9", "cached", Usage(1000, 0, cache_read_tokens=400))[0] == 600 * 1000 + 400 * 100


def test_a_cache_write_that_costs_nothing_on_top_is_still_input():
    assert cost("chat9", "cached", Usage(1000, 0, cache_write_5m_tokens=400))[0] == 1000 * 1000


def test_seconds_of_a_film_have_a_price():
    assert cost("chat9", "film", Usage(other={"output_video_seconds": 8}))[0] == 400_000_000


@pytest.mark.parametrize(("region", "percent"), [("", 100), ("global", 100), ("europe-west4", 110)])
def test_an_endpoint_of_a_region_may_cost_more_than_the_global_one(region: str, percent: int):
    assert cost("chat9", "regional", CALL, region=region)[0] == (1000 * 1000 + 100 * 4000) * percent // 100


def test_a_path_is_found_by_its_last_part_too():
    for name in ("accounts/fireworks/models/moon-1b", "moon-1b"):
        assert cost("fireworks", name, CALL)[0] == 1100 * 200


@pytest.mark.parametrize(
    ("model", "unit", "nanousd"),
    [
        ("painter", "output_images", 40_000_000),
        ("filmer", "output_video_seconds", 100_000_000),
        ("reader", "input_document_pages", 1_000_000),
        ("hearer", "audio_seconds", 100_000),
    ],
)
def test_images_seconds_and_pages_have_prices(model: str, unit: str, nanousd: int):
    assert cost("acme", model, Usage(other={unit: 3}))[0] == 3 * nanousd


@pytest.mark.parametrize("model", ["nobody-looked", "machine", "unheard-of"])
def test_what_has_no_price_there_stays_unpriced(model: str):
    assert cost("acme", model, CALL)[0] is None


def test_a_free_id_of_a_router_is_free():
    assert cost("openrouter", "acme/gift:free", CALL)[0] == 0


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"a": 1}', '{"sample_spec": {}}'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, body: str):
    file = tmp_path / "prices.json"
    file.write_text(body)

    with pytest.raises(ValueError, match=r"prices\.json: "):
        read_community_file(file)
