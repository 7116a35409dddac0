"""The three services behind one address: a request goes, unchanged, to the service its first segment names."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import edge
from shared.answers import install_problem_handlers
from shared.app import readiness
from shared.settings import Settings
from socle.topology import SERVICES

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Suite:
    """An ASGI application made of applications; each keeps its own prefix in its own routes.

    Mounted applications' lifespans do not run by themselves: the suite enters them, and leaves them in reverse.
    """

    def __init__(self, apps: Mapping[str, FastAPI], settings: Settings) -> None:
        self._apps = dict(apps)
        self._front = create_front(self._apps, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its service, or to the front when no service has that name."""
        await self._target(scope)(scope, receive, send)

    def _target(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._front
        segment = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        return self._apps.get(segment, self._front)


def create_front(apps: Mapping[str, FastAPI], settings: Settings) -> FastAPI:
    """Return what answers at `/`, `/health/…` and `/version`, and refuses every other address."""

    @asynccontextmanager
    async def lifespan(_front: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    front = FastAPI(
        title="Socle",
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(edge.EdgeMiddleware, service="socle", settings=settings)],
    )
    install_problem_handlers(front)

    @front.get("/")
    async def index(request: Request) -> Response:
        """The services: a page for people, JSON for machines."""
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(
                _page(apps), headers={"content-security-policy": PAGE_POLICY, "vary": "Accept"}
            )
        return JSONResponse(_listing(apps), headers={"vary": "Accept"})

    @front.get("/health/live")
    async def live() -> JSONResponse:
        """The process answers; no I/O."""
        return JSONResponse({"status": "ok"})

    @front.get("/health/ready")
    async def ready() -> JSONResponse:
        """Worst of the services' states."""
        states = await asyncio.gather(*(readiness(app.state.context) for app in apps.values()))
        services = {
            name: {"status": status, "parts": parts}
            for name, (status, parts) in zip(apps, states, strict=True)
        }
        statuses = {status for status, _ in states}
        worst = next((status for status in ("down", "degraded") if status in statuses), "ok")
        return JSONResponse({"status": worst, "services": services}, 503 if worst == "down" else 200)

    @front.get("/version")
    async def show_version() -> JSONResponse:
        """The version that runs."""
        return JSONResponse({"service": "socle", "version": version("socle"), "services": sorted(apps)})

    return front


def _listing(apps: Mapping[str, FastAPI]) -> dict[str, object]:
    services = [
        {
            "name": name,
            "title": SERVICES[name].title_fr,
            "title_en": SERVICES[name].title_en,
            "documentation": f"{SERVICES[name].prefix}/docs",
            "openapi": f"{SERVICES[name].prefix}/openapi.json",
        }
        for name in apps
    ]
    return {"name": "Socle", "version": version("socle"), "services": services}


def _page(apps: Mapping[str, FastAPI]) -> str:
    rows = "".join(
        f'<li><a href="{SERVICES[name].prefix}/docs">{name}</a> : {SERVICES[name].title_fr}</li>'
        for name in apps
    )
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Socle</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style>"
        f"<h1>Socle <small>{version('socle')}</small></h1>"
        f"<p>Les données ouvertes locales au format SCDL : les services de cette installation.</p><ul>{rows}</ul>"
        '<p><a href="/health/ready">État des services</a></p></html>'
    )
