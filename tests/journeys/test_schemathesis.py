"""The running server keeps to its OpenAPI document, whatever schemathesis sends it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.server import running
from tests.journeys.world import make_customer

SEED = 20260302
CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")

# Two of all checks stay out: what a valid body may be answered with is the product's business (a
# hold over more credits than there are is valid and refused), and ours may be stricter than JSON
# Schema can say.
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
        "use_after_free",
    ]
)


@pytest.mark.slow
class TestOpenApiDocument:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("credential", "phases", "examples"),
        [("session", "examples,coverage,fuzzing", 10), ("key", "fuzzing", 5)],
        ids=["session", "key"],
    )
    def test_the_running_server_keeps_to_it(self, credential, phases, examples, environment, tmp_path):
        ada = make_customer("ada@example.com")
        header = f"X-Session-Token: {ada.token}" if credential == "session" else f"Authorization: Bearer {ada.secret}"
        with running(tmp_path / "server.log", environment) as url:
            run = subprocess.run(
                [
                    *[str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)],
                    *["run", f"{url}/api/schema/"],
                    *["--header", header, "--checks", CHECKS, "--seed", str(SEED)],
                    *["--phases", phases, "--max-examples", str(examples), "--workers", "1"],
                    *["--request-timeout", "10", "--continue-on-failure", "--no-color"],
                    *["--generation-with-security-parameters", "false"],
                ],
                env={
                    **environment,
                    "BALLAST_IDS": json.dumps(ada.ids),
                    "SCHEMATHESIS_HOOKS": HOOKS.stem,
                    "PYTHONPATH": str(HOOKS.parent),
                },
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )

        assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-2_000:]
