"""What must always hold here. Constraints hold most of it; these look at what they cannot."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q

from core.ids import to_public
from core.registries import Violation
from outbox.models import Attempt, BulkItem, BulkRun, Job, Message
from outbox.states import WAITING, AttemptOutcome, BulkStatus, ItemStatus, JobStatus, MessageStatus

LIMIT = 100

_OVERDUE = """
SELECT id FROM outbox_job
 WHERE status = 'running' AND lease_until < clock_timestamp() - make_interval(secs => %s) LIMIT %s
"""


def check_running_jobs_have_an_open_attempt() -> list[Violation]:
    """A running job has exactly one open attempt, with its own fence; no other job has one."""
    own = Attempt.objects.filter(job=OuterRef("pk"), outcome=AttemptOutcome.RUNNING, fence=OuterRef("fence"))
    without = Job.objects.filter(~Exists(own), status=JobStatus.RUNNING)[:LIMIT]
    stray = Attempt.objects.filter(outcome=AttemptOutcome.RUNNING).exclude(job__status=JobStatus.RUNNING)[:LIMIT]
    name = "outbox.running_jobs_have_an_open_attempt"
    return [Violation(name, job.public_id, "it runs without an open attempt") for job in without] + [
        Violation(name, to_public(Job.id_prefix, attempt.job_id), f"attempt {attempt.number} is open, the job is not")
        for attempt in stray
    ]


def check_leases_are_swept() -> list[Violation]:
    """No lease has been over for longer than a scheduler needs to notice."""
    late = settings.OUTBOX_LEASE_SECONDS + 60
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [late, LIMIT])
        rows = cursor.fetchall()
    return [Violation("outbox.leases_are_swept", to_public(Job.id_prefix, row[0]), "its lease ended") for row in rows]


def check_one_waiting_job_per_key() -> list[Violation]:
    """No two waiting jobs share name and dedupe key."""
    twins = (
        Job.objects.filter(status__in=WAITING)
        .exclude(dedupe_key="")
        .values("name", "dedupe_key")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)[:LIMIT]
    )
    return [
        Violation("outbox.one_waiting_job_per_key", f"{twin['name']} {twin['dedupe_key']}", f"{twin['count']} wait")
        for twin in twins
    ]


def check_attempts_are_counted() -> list[Violation]:
    """A job's count is the number of its attempt rows."""
    wrong = Job.objects.annotate(rows=Count("attempt_rows")).exclude(attempts=F("rows"))[:LIMIT]
    return [
        Violation("outbox.attempts_are_counted", job.public_id, f"{job.attempts} counted, {job.rows} kept")
        for job in wrong
    ]


def check_queued_messages_have_a_job() -> list[Violation]:
    """A queued message has a job that will send it, or that waits for a person."""
    hopeless = Message.objects.filter(
        Q(job=None) | Q(job__status__in=[JobStatus.DONE, JobStatus.CANCELED]), status=MessageStatus.QUEUED
    )[:LIMIT]
    return [
        Violation("outbox.queued_messages_have_a_job", message.public_id, "nothing will send it")
        for message in hopeless
    ]


def check_finished_runs_are_whole() -> list[Violation]:
    """A finished bulk run has as many items as it was given, none of them waiting."""
    waiting = BulkItem.objects.filter(run=OuterRef("pk"), status=ItemStatus.WAITING)
    broken = BulkRun.objects.filter(Exists(waiting)).exclude(status=BulkStatus.RUNNING)[:LIMIT]
    return [Violation("outbox.finished_runs_are_whole", run.public_id, "items still wait") for run in broken]
