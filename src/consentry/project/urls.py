"""Every address of the web process: API, sign-in, internal doors, the ledger's files, the console."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from consentry.ledger.api import urlpatterns as ledger_files
from consentry.project.api import build_api
from consentry.project.city.views import serve_basemap
from consentry.project.console import serve_console

api = build_api("router", namespace="api", openapi_url="/openapi.json")
internal = build_api("internal_router", namespace="internal", openapi_url=None)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("internal/", internal.urls),
    path("city/basemap.pmtiles", serve_basemap),
    *ledger_files,
    path("_allauth/", include("allauth.headless.urls")),
    re_path(r"^(?!api/|internal/|_allauth/|ledger/)(?P<path>.*)$", serve_console, name="console"),
]
handler400 = "consentry.project.errors.bad_request"
handler404 = "consentry.project.errors.not_found"
handler500 = "consentry.project.errors.failed"
