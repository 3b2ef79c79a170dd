"""Celery carries job ids; the rows are in outbox. How the numbers hang together: docs/adr/0021."""

from typing import Any

from config import env

# One clock, the database's. A claim lives OUTBOX_LEASE_SECONDS without a heartbeat and never longer than
# the job's own limit plus one lease. outbox.checks refuses numbers that do not fit each other.
OUTBOX_LEASE_SECONDS = 30.0
OUTBOX_HEARTBEAT_SECONDS = 5.0
OUTBOX_STOP_GRACE_SECONDS = 15.0  # told to stop -> interrupted -> the process ends: twice this at most
OUTBOX_RESEND_SECONDS = 10.0  # a wake-up older than this is taken for lost
OUTBOX_WINDOW = 200  # wake-ups the relay keeps with the broker for each queue
OUTBOX_TENANT_CAP = 4  # jobs of one tenant that run at once in a queue; 0 for no cap
OUTBOX_TICK_SECONDS = 1.0
OUTBOX_DEAF_SECONDS = 180.0  # a worker that hears nothing this long while its broker answers ends itself
OUTBOX_KEEP_DAYS = 14  # finished jobs, attempts and slots are kept this long
OUTBOX_KEEP_QUARANTINED_DAYS = 90  # time enough for a person to look
OUTBOX_QUEUE_PREFIX = "ballast."
OUTBOX_WORKER_CONCURRENCY = env.WORKER_CONCURRENCY

CELERY_BROKER_URL = env.CELERY_BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a broker that comes back finds its workers
CELERY_BROKER_CONNECTION_TIMEOUT = 4.0
CELERY_BROKER_HEARTBEAT = 30
_OVER_REDIS: dict[str, Any] = {
    "visibility_timeout": 3600,
    "socket_keepalive": True,
    "socket_connect_timeout": 4.0,
    "health_check_interval": 15,
}
_OVER_AMQP: dict[str, Any] = {"confirm_publish": True, "max_retries": 1}
CELERY_BROKER_TRANSPORT_OPTIONS = _OVER_AMQP if CELERY_BROKER_URL.startswith("amqp") else _OVER_REDIS
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # a lost run comes back through its lease, counted in SQL
CELERY_TASK_DEFAULT_QUEUE = f"{OUTBOX_QUEUE_PREFIX}default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 1500  # the net below each job's own limit, for code that holds the interpreter
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # no reply keys that grow (celery issue 6089)
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000  # kB
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
