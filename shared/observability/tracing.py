"""OpenTelemetry, for installations that ask for it (the `tracing` extra): nothing is imported otherwise."""

from importlib.util import find_spec

from starlette.types import ASGIApp

from shared.observability.logging import get_logger

logger = get_logger(__name__)


def traced(app: ASGIApp, service: str) -> ASGIApp:
    """Return the app with a span for each request when OpenTelemetry's SDK is installed, else the app itself.

    Exporters are configured by OpenTelemetry's own environment variables (`OTEL_EXPORTER_OTLP_ENDPOINT`…).
    """
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        return app
    from starlette.middleware.opentelemetry import OpenTelemetryMiddleware

    logger.info("tracing enabled", service=service)
    traced_app: ASGIApp = OpenTelemetryMiddleware(app)
    return traced_app
