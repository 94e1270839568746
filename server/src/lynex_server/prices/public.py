"""The door of `prices`: the slice put together, and its routes.

prices = open_prices(database=database, columnar=columnar, book=book, audit=audit, settings=PricesSettings(),
                     clock=clock, works=True, follow=count_anew)
prices.start()      # own prices are in the book from here on, and their changes within a second
"""

from lynex_server.prices.assembly import Prices, open_prices
from lynex_server.prices.report_routes import router as report_router
from lynex_server.prices.repricing_routes import router as repricing_router
from lynex_server.prices.routes import router
from lynex_server.prices.settings import PricesSettings
from lynex_server.prices.sync import BookSync

routers = (router, repricing_router, report_router)
__all__ = [
    "BookSync",
    "Prices",
    "PricesSettings",
    "open_prices",
    "routers",
]
