"""What is written about the product matches the product."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import APPS, ROOT, in_folder, of_apps
from tests.config.variables import VARIABLES

README_WORDS = ("noun", "own", "invariant", "event", "door")


def read(path: str) -> str:
    return (ROOT / path).read_text()


# Of a development machine, or said by compose.yaml itself
NOT_FOR_CONTAINERS = {"BALLAST_VAR", "BIND_ADDRESS", "STAFF_MFA_REQUIRED", "DEMO_SEED"}


def in_compose() -> set[str]:
    """The variables that compose.yaml takes from its .env."""
    return set(re.findall(r"\$\{([A-Z_]+)", read("compose.yaml")))


class TestConfiguration:
    def test_the_page_names_every_variable_and_no_other(self):
        named = set(re.findall(r"^\| `([A-Z_]+)`", read("docs/configuration.md"), re.MULTILINE))

        assert named == VARIABLES | in_compose()

    def test_the_containers_get_every_variable_that_concerns_them(self):
        said = set(re.findall(r"^    ([A-Z_]+): ", read("compose.yaml"), re.MULTILINE))

        assert VARIABLES - NOT_FOR_CONTAINERS - said - in_compose() == set()

    def test_the_example_names_every_variable_and_no_other(self):
        named = set(re.findall(r"^#? ?([A-Z_]+)=", read(".env.example"), re.MULTILINE))

        assert named == VARIABLES | in_compose()


@pytest.mark.parametrize("app", APPS)
class TestReadmeOfAnApp:
    def test_it_says_nouns_what_it_owns_invariants_events_and_doors(self, app):
        page = read(f"{app}/README.md").lower()

        assert [word for word in README_WORDS if word not in page and app != "core"] == []  # core has modules only

    def test_it_is_one_page(self, app):
        assert len(read(f"{app}/README.md").splitlines()) <= 120


class TestDecisions:
    def test_each_number_is_given_once(self):
        numbers = [path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")]

        assert len(numbers) == len(set(numbers))

    @pytest.mark.parametrize("path", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda path: path.stem)
    def test_each_says_context_decision_consequences_and_what_was_not_chosen(self, path):
        parts = [part.lower() for part in re.findall(r"^(?:## |\*\*)([A-Za-z ]+)", path.read_text(), re.MULTILINE)]

        assert [word for word in ("context", "decision", "consequences", "not chosen") if word not in parts] == []

    def test_each_one_that_the_code_names_exists(self):
        named = {
            number
            for source in (*of_apps(), *in_folder("config"))
            for number in re.findall(r"docs/adr/(\d{4})", source.text)
        }

        assert named <= {path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")}


class TestReadme:
    def test_every_make_target_it_names_exists(self):
        targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
        named = {
            name for page in ("README.md", "CONTRIBUTING.md") for name in re.findall(r"`?make ([a-z]+)", read(page))
        }

        assert named <= targets

    def test_the_two_commands_come_first(self):
        page = read("README.md")

        assert -1 < page.index("make run") < page.index("make test") < 600

    @pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/configuration.md", "docs/glossary.md"])
    def test_every_link_into_the_repository_leads_somewhere(self, page):
        base = (ROOT / page).parent
        links = [link for link in re.findall(r"\]\(([^)#]+)", read(page)) if "://" not in link]

        assert [link for link in links if not (base / link).exists()] == []


def test_the_containers_run_the_lines_of_the_procfile():
    """compose.yaml may add a server's address, but not another way to start."""
    lines = dict(line.split(": ", 1) for line in read("Procfile").splitlines())
    compose = read("compose.yaml")

    assert [name for name, command in lines.items() if f"command: {command}" not in compose] == []
