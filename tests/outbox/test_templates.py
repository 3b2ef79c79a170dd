"""Mail templates: what they refuse, and how they read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from outbox.errors import TemplateUnfit
from outbox.templates import MailTemplate, register, registry, render
from tests.factories.outbox import HELLO


@pytest.fixture
def written(settings: Any, tmp_path: Path) -> Any:
    """``written(text, html)`` is a template with these texts."""
    first = {**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    settings.TEMPLATES = [first, *settings.TEMPLATES[1:]]

    def write(text: str, html: str = "<p></p>", **changes: Any) -> MailTemplate:
        folder = tmp_path / "tests" / "emails"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "made.txt").write_text(text)
        (folder / "made.html").write_text(html)
        fields = {"name": "tests.made", "version": 1, "subject": "Hello", "variables": ("key",), **changes}
        return MailTemplate(**fields)

    return write


def rendered(template: MailTemplate, **values: Any) -> Any:
    return render(template=template, values=values or {"key": "7"}, language="en")


class TestRender:
    def test_fills_subject_text_and_html(self) -> None:
        mail = rendered(HELLO)
        assert (mail.subject, "Number 7" in mail.text, "<p>Number 7</p>" in mail.html) == ("Number 7", True, True)

    def test_escapes_html_and_not_text(self, written: Any) -> None:
        mail = rendered(written("{{ key }}", "{{ key }}"), key="<b>&")
        assert (mail.text, mail.html) == ("<b>&\n", "&lt;b&gt;&amp;")

    def test_refuses_a_placeholder_nobody_fills(self, written: Any) -> None:
        with pytest.raises(TemplateUnfit, match="unfilled"):
            rendered(written("Dear {{ nobody }}"))

    @pytest.mark.parametrize("leftover", ["{{ '{{' }} name }}", "{% verbatim %}{{ name }}{% endverbatim %}"])
    def test_refuses_braces_left_over(self, written: Any, leftover: str) -> None:
        with pytest.raises(TemplateUnfit):
            rendered(written(leftover))

    def test_takes_braces_that_a_customer_wrote(self, written: Any) -> None:
        assert rendered(written("{{ key }}"), key="{{ 7 }}").text == "{{ 7 }}\n"

    def test_refuses_a_template_without_texts(self) -> None:
        with pytest.raises(TemplateUnfit, match="TemplateDoesNotExist"):
            rendered(dataclasses.replace(HELLO, name="faults.nowhere"))

    def test_makes_one_line_of_a_subject(self, written: Any) -> None:
        template = written("x", subject="Hello {{ key }}")
        assert rendered(template, key="Ada\r\nBcc: bo@example.com").subject == "Hello Ada Bcc: bo@example.com"

    def test_leaves_optional_values_out(self, written: Any) -> None:
        assert rendered(written("a{{ name }}b", optional=("name",))).text == "ab\n"

    def test_speaks_the_language_asked_for(self, written: Any) -> None:
        template = written('{% load i18n %}{% translate "Yes" %}')
        assert render(template=template, values={"key": "7"}, language="de").text == "Ja\n"


class TestRegister:
    def test_takes_the_same_twice(self) -> None:
        register(HELLO)

    def test_refuses_another_of_the_name(self) -> None:
        with pytest.raises(ValueError, match=r"faults\.hello"):
            register(dataclasses.replace(HELLO, version=4))


def test_every_declared_template_can_be_sent_with_its_sample() -> None:
    for template in registry:
        mail = render(template=template, values=template.sample, language="en")
        assert mail.subject
        assert mail.text.strip()
        assert mail.html.strip()
