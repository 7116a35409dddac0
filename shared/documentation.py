"""The page that shows the API of a service: Swagger UI, served by ourselves, under a policy that lets it alone run."""

import base64
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response

from shared.caching import bytes_response

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Of the package, only the files of Swagger UI are used: it is never imported.
_PACKAGE = "flask_swagger_ui"


def add_documentation(app: FastAPI, prefix: str, title: str) -> None:
    """Serve the page at `<prefix>/docs`, and beside it the two files that it loads."""
    page = get_swagger_ui_html(
        openapi_url=f"{prefix}/openapi.json",
        title=title,
        swagger_js_url=f"{prefix}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{prefix}/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    [script] = re.findall(rb"<script>(.*?)</script>", page.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    page.headers["content-security-policy"] = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )

    @app.get(f"{prefix}/docs", include_in_schema=False)
    async def documentation() -> Response:
        return page

    for name, media_type in ASSETS.items():
        _add_asset(app, f"{prefix}/docs/{name}", name, media_type)


def _add_asset(app: FastAPI, path: str, name: str, media_type: str) -> None:
    @app.get(path, include_in_schema=False)
    async def asset(request: Request) -> Response:
        return bytes_response(request, _content(name), media_type)


@cache
def _content(name: str) -> bytes:
    spec = find_spec(_PACKAGE)
    assert spec is not None, f"{_PACKAGE} is a dependency"
    [folder] = spec.submodule_search_locations or []
    return (Path(folder) / "dist" / name).read_bytes()
