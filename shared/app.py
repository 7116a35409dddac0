"""How every service's application is made: context, errors, request id, health, limits."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from ipaddress import IPv6Address, IPv6Network
from typing import Annotated, Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request, Security
from fastapi.responses import JSONResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from shared import auth, edge, idempotency, openapi
from shared.answers import install_problem_handlers
from shared.changes import log
from shared.db import Database
from shared.documentation import add_documentation
from shared.http import FetchPolicy, GuardedClient
from shared.http.policy import literal_address
from shared.messaging.events import Routes
from shared.messaging.inbox import Handlers
from shared.messaging.listener import Listener
from shared.messaging.queue import Queue
from shared.messaging.work import Work
from shared.messaging.worker import Clockwork, WorkerParts
from shared.migrations import Migrations, require_current
from shared.observability.logging import configure_logging
from shared.observability.tracing import traced
from shared.ratelimit import RateLimiter
from shared.requests import StrictRoute
from shared.settings import Settings
from shared.storage import Storage
from shared.webhooks.delivery import Deliveries

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Context(Generic[S]):
    """What a process of a service works with; built once, used alike by API, worker and commands."""

    migrations: Migrations
    settings: S
    db: Database
    queue: Queue
    listener: Listener
    http: GuardedClient
    storage: Storage
    limiter: RateLimiter

    @property
    def service(self) -> str:
        """Return the name of the service, which is also that of its schema."""
        return self.migrations.schema

    def link(self, path: str) -> str:
        """Return the absolute address of a path of the suite, as clients see it."""
        return self.settings.public_url.rstrip("/") + path


@asynccontextmanager
async def open_context(migrations: Migrations, settings: S) -> AsyncIterator[Context[S]]:
    """Open the connections of a process; raises `SchemaOutdated` on a database that is not migrated."""
    async with AsyncExitStack() as stack:
        db = await Database.open(
            settings.database_url, schema=migrations.schema, pool_size=settings.database_pool_size
        )
        stack.push_async_callback(db.close)
        await require_current(db, migrations)
        queue = Queue.open(settings.redis_url)
        stack.push_async_callback(queue.close)
        http = await stack.enter_async_context(GuardedClient(fetch_policy(settings)))
        listener = await stack.enter_async_context(Listener(settings.database_url))
        storage = Storage.from_url(settings.storage_url)
        stack.callback(storage.close)
        limiter = RateLimiter(settings.redis_url)
        stack.push_async_callback(limiter.close)
        yield Context(migrations, settings, db, queue, listener, http, storage, limiter)


def fetch_policy(settings: Settings) -> FetchPolicy:
    """Return what outgoing requests may reach: never ourselves, whose answers could be made to ask us again.

    A loopback address is left to the allowed hosts: on a developer's machine the data are beside us.
    """
    host = urlsplit(settings.public_url).hostname or ""
    address = literal_address(host)
    ourselves = () if host in ("", "localhost") or (address and address.is_loopback) else (host,)
    return FetchPolicy(allowed_hosts=settings.http_allowed_hosts, refused_hosts=ourselves)


DRAFTS_KEPT = timedelta(days=1)
IDEMPOTENCY_KEPT = timedelta(days=30)


def worker_parts(
    context: Context[Any],
    routes: Routes,
    *,
    handlers: Handlers,
    work: Sequence[Work] = (),
    clockwork: Sequence[Clockwork] = (),
) -> WorkerParts:
    """Return what a service's worker consists of, with what every worker does: webhooks and housekeeping."""
    settings: Settings = context.settings
    deliveries = Deliveries(context.db, context.http)

    async def clean_up() -> None:
        await context.storage.remove_drafts(DRAFTS_KEPT)
        await idempotency.prune(context.db, IDEMPOTENCY_KEPT)
        await deliveries.prune()
        await log.prune(context.db, timedelta(days=settings.changes_keep_days))

    return WorkerParts(
        service=context.service,
        db=context.db,
        queue=context.queue,
        routes=routes,
        handlers=handlers,
        message_max_attempts=settings.message_max_attempts,
        outbox_keep=timedelta(days=settings.outbox_keep_days),
        concurrency=settings.worker_concurrency,
        work=[*work, deliveries.work()],
        # At the start too: a worker may never live for a whole day.
        clockwork=[Clockwork("clean up", timedelta(days=1), clean_up, at_start=True), *clockwork],
    )


OpenContext = Callable[[], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Service:
    """What the API of a service consists of."""

    name: str
    title: str
    summary: str
    settings: Settings
    open_context: OpenContext
    routers: Sequence[APIRouter]


def create_service_app(service: Service) -> FastAPI:
    """Return the application of one service; nothing is opened before its lifespan begins."""
    settings = service.settings
    prefix = f"/{service.name}"

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings)
        async with service.open_context() as context:
            app.state.context = context
            yield

    app = openapi.DocumentedApp(
        title=service.title,
        summary=service.summary,
        version=version("socle"),
        license_info={"name": "MIT", "identifier": "MIT"},
        lifespan=lifespan,
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(edge.EdgeMiddleware, service=service.name, settings=settings),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.trusted_hosts)),
            Middleware(CORSMiddleware, **edge.cors_options(settings)),
        ],
        separate_input_output_schemas=False,
    )
    add_documentation(app, prefix, service.title)
    app.router.route_class = StrictRoute
    install_problem_handlers(app)
    app.include_router(_operations(service.name), include_in_schema=False)
    app.include_router(_operations(service.name), prefix=prefix, include_in_schema=False)
    for router in service.routers:
        # The limit is the routers', not the application's: there it would answer outside of our middleware.
        app.include_router(
            router,
            prefix=prefix,
            dependencies=[Depends(_within_address_rate)],
            max_body_size=settings.max_body_bytes,
        )
    return app


def asgi(app: FastAPI, service: str) -> Any:
    """Return the application as it is served: traced when OpenTelemetry is installed."""
    return traced(app, service)


def _operations(service: str) -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Response:
        """The process answers; no I/O."""
        return Response(b'{"status":"ok"}', media_type="application/json")

    @router.get("/health/ready")
    async def ready(request: Request) -> JSONResponse:
        """Postgres must answer and be migrated, the storage answer; Redis away is `degraded`, not down."""
        status, parts = await readiness(request.app.state.context)
        return JSONResponse({"status": status, "parts": parts}, 503 if status == "down" else 200)

    @router.get("/version")
    async def show_version() -> JSONResponse:
        """The version that runs."""
        return JSONResponse({"service": service, "version": version("socle")})

    return router


async def readiness(context: Context[Any]) -> tuple[str, dict[str, str]]:
    """Return `ok`, `degraded` or `down`, and the state of each part."""
    parts = {"database": "ok", "schema": "ok", "queue": "ok", "storage": "ok"}
    status = "ok"
    checks = {
        "database": context.db.fetchval("SELECT 1"),
        "schema": require_current(context.db, context.migrations),
        "storage": context.storage.exists("readiness"),
    }
    for part, outcome in zip(
        checks, await asyncio.gather(*checks.values(), return_exceptions=True), strict=True
    ):
        if isinstance(outcome, BaseException):
            parts[part] = type(outcome).__name__
            status = "down"
    if not await context.queue.alive():
        parts["queue"] = "away"
        status = "degraded" if status == "ok" else status
    return status, parts


def context_of(request: Request) -> Any:
    """Return the context opened by the application's lifespan."""
    return request.app.state.context


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with cast(Context[Any], context_of(request)).db.transaction() as session:
        yield session


# The session commits before the answer leaves: with the default scope a failing commit would follow a 201.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]


async def count_hit(request: Request, policy: str, rule: str, key: str) -> None:
    """Count one hit of a key under a rule (`60/minute`) and tell it in the headers; raises `TooManyRequests`."""
    context: Context[Any] = context_of(request)
    verdict = await context.limiter.hit(rule, f"{policy}:{key}")
    # Those of the refusal too: a policy counted before has left its own there.
    request.scope["state"].setdefault(edge.ADDED_HEADERS, {}).update(verdict.headers(policy))
    if not verdict.allowed:
        raise verdict.problem(policy)


def address_of(request: Request) -> str:
    """Return the address of the client, as the gateway tells it when there is one; of IPv6, its network (/64).

    Whoever has one IPv6 address has as a rule the 2^64 of its network: they are one client.
    """
    host = request.client.host if request.client is not None else "unknown"
    address = literal_address(host)
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False).network_address)


async def _within_address_rate(request: Request) -> None:
    settings: Settings = context_of(request).settings
    await count_hit(request, "address", settings.rate_per_address, address_of(request))


async def _caller(
    request: Request,
    _bearer: Annotated[object, Security(openapi.BEARER)],
    _header: Annotated[object, Security(openapi.HEADER)],
) -> auth.Caller:
    # The two say in the documentation where a key goes; it is read by ourselves.
    pool = context_of(request).db.pool
    return await auth.identify(pool, auth.presented_key(request), address_of(request))


CallerDep = Annotated[auth.Caller, Depends(_caller)]
