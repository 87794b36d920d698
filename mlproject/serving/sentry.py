"""Errors and traces to Sentry, when its address is set; never a text.

What leaves is made of known parts alone: a type and where in the code it happened, a route, a
status, a version, a request id. Messages, variables, bodies, headers and log lines stay here, for
any of them may hold what somebody wrote.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from mlproject.settings import Settings

KEPT = (
    *("event_id", "timestamp", "start_timestamp", "platform", "level", "type", "transaction"),
    *("transaction_info", "release", "environment", "tags", "sdk"),
)
FRAME = ("filename", "function", "lineno", "module", "in_app")
TRACE = ("trace_id", "span_id", "parent_span_id", "op", "status", "type")
MESSAGE = "[removed]"

_active = False


def begin(settings: Settings) -> None:
    """Report from now on to the address of the settings, if there is one."""
    global _active
    address = settings.service_sentry_dsn.get_secret_value()
    if not address:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=address,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        traces_sample_rate=settings.service_sentry_traces,
        before_send=_scrub,
        before_send_transaction=_scrub,
    )
    _active = True


def end() -> None:
    """Send what still waits, and report nothing from now on."""
    global _active
    if not _active:
        return
    _active = False
    import sentry_sdk

    sentry_sdk.get_client().close(timeout=2)


def capture(error: BaseException, **tags: str) -> None:
    """Report one error."""
    if not _active:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_tags(tags)
        scope.capture_exception(error)


def traced(name: str, **tags: str) -> AbstractContextManager[dict[str, str]]:
    """The trace of one request; what is put into the dictionary becomes tags of it."""
    return _traced(name, tags) if _active else nullcontext({})


@contextmanager
def _traced(name: str, tags: dict[str, str]) -> Iterator[dict[str, str]]:
    import sentry_sdk

    added: dict[str, str] = {}
    with (
        sentry_sdk.isolation_scope() as scope,
        sentry_sdk.start_transaction(op="http.server", name=name) as transaction,
    ):
        scope.set_tags(tags)
        yield added
        for key, value in added.items():
            transaction.set_tag(key, value)


def _scrub(event: Any, hint: Any) -> Any:
    """Of an event the known parts, without any message."""
    kept = {key: event[key] for key in KEPT if key in event}
    trace = event.get("contexts", {}).get("trace", {})
    kept["contexts"] = {"trace": {key: trace[key] for key in TRACE if key in trace}}
    if "exception" in event:
        kept["exception"] = {
            "values": [_exception(each) for each in event["exception"].get("values", ())]
        }
    return kept


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": MESSAGE,
        "stacktrace": {
            "frames": [{key: frame[key] for key in FRAME if key in frame} for frame in frames]
        },
    }
