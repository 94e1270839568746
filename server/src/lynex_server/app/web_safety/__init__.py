"""What stands between the network and the application: who is asking, under which name, from which page.

guarded = guard(app, AppSettings(), WebSettings())
"""

from lynex_server.app.web_safety.guard import guard
from lynex_server.app.web_safety.settings import WebSettings

__all__ = ["WebSettings", "guard"]
