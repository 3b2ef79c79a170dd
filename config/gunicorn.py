"""The web server: threads under a few processes, one metrics folder for all of them."""

import os
import shutil
from typing import Any

from config import env
from core.embedded.errors import writing
from core.logs import gunicorn_logging_config

bind = f"{env.BIND_ADDRESS}:{env.PORT}"
worker_class = "gthread"
workers = env.WEB_WORKERS
threads = env.WEB_THREADS
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
preload_app = True  # one import for all workers: a quick start and shared memory
proc_name = "ballast-web"
control_socket_disable = True
# Who the client is, and whether it came over TLS, is decided in core.middleware and the settings.
forwarded_allow_ips = ""
accesslog = None  # core.metrics counts requests
logconfig_dict = gunicorn_logging_config(level=env.LOG_LEVEL)

_metrics = env.VAR_DIR / "metrics"
shutil.rmtree(_metrics, ignore_errors=True)
with writing(_metrics):
    _metrics.mkdir(parents=True, exist_ok=True)  # in a container it is a mount that stays
# prometheus_client decides at import whether processes share their numbers through this folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def child_exit(_server: Any, worker: Any) -> None:
    """Drop the gauges of a worker that ended; its counters stay in the sums."""
    from prometheus_client import multiprocess  # noqa: PLC0415  only after the variable above is set

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
