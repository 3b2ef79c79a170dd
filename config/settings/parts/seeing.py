"""Logs, metrics, errors."""

import sentry_sdk

from config import env
from core.logs import logging_config
from core.reports import without_personal_data

LOGGING = logging_config(level=env.LOG_LEVEL)

METRICS_TOKEN = env.METRICS_TOKEN
METRICS_NETWORKS = env.METRICS_NETWORKS
METRICS_SHARED_DIR = env.metrics_shared_dir()

if env.SENTRY_DSN:
    sentry_sdk.init(
        dsn=env.SENTRY_DSN,
        send_default_pii=False,
        before_send=without_personal_data,
        # Local variables and bodies hold what customers wrote; a stack and a request id are enough to find it.
        include_local_variables=False,
        max_request_body_size="never",
    )
