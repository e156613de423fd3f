"""The web process: `granian --interface asgi consentry.project.asgi:application`."""

import os

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

from consentry.core.body_limit import Receive, Scope, Send, limit_bodies
from consentry.kernel.steady import hold_what_is_loaded
from consentry.project.lifeline import follow_supervisor

follow_supervisor()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentry.project.settings")

# Streams that stay open. Django gives every request a thread of its own for as long as it lasts; hundreds of streams
# would hold hundreds of threads, so these go to the handler directly and share one for their few queries.
STREAMS = frozenset({"/api/events", "/internal/gateway/control"})

_django = get_asgi_application()
_ = get_resolver().url_patterns  # all rooms, now rather than at the first request
hold_what_is_loaded()


async def _dispatch(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] in STREAMS:
        await _django.handle(scope, receive, send)
    else:
        await _django(scope, receive, send)


application = limit_bodies(_dispatch)
