"""Mail templates: what an app declares in ``ready()``, and how one becomes a mail.

The texts live in ``templates/<app>/emails/<name>.txt`` and ``.html``. A template names its
variables; a message is refused where one is missing, surplus or empty, or where a placeholder
would be left unfilled in what the customer reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.backends.django import DjangoTemplates
from django.utils import translation

from core.registries import Registry
from outbox.errors import TemplateUnfit

Scalar = str | int | bool
_MARK = "\u2983"  # a bracket no text uses: it stands where a variable had no value
_LEFTOVERS = (_MARK, "{{", "}}", "{%", "%}", "{#")
SUBJECT_LIMIT = 200


@dataclass(frozen=True)
class MailTemplate:
    """A kind of mail. ``name`` is ``app.noun``; raise ``version`` when the meaning of the text changes.

    ``subject`` is a (translatable) Django template of one line. ``variables`` must all be given,
    ``optional`` ones may be left out or empty. ``sample`` fills the preview. ``ignores_suppression``
    is for mail the customer asks for at that moment and cannot do without (a password reset goes
    out even to an address that bounced before; a complaint still stops it).
    """

    name: str
    version: int
    subject: Any
    variables: tuple[str, ...] = ()
    sample: Mapping[str, Scalar] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    ignores_suppression: bool = False

    @property
    def path(self) -> str:
        """Where its texts are, without the ending."""
        app, _, noun = self.name.partition(".")
        return f"{app}/emails/{noun}"


@dataclass(frozen=True)
class Rendered:
    """A mail as its recipient gets it."""

    subject: str
    text: str
    html: str


registry: Registry[MailTemplate] = Registry("mail template")


def register(template: MailTemplate) -> None:
    """Declare ``template``; the owning app calls this in ``ready()``. Twice the same is fine."""
    registry.register(template.name, template)


def get_template(name: str) -> MailTemplate:
    """The declared template. Refuses TemplateUnfit for a name nobody declared."""
    template = registry.get(name)
    if template is None:
        raise TemplateUnfit(template=name, problem="nobody declares this template")
    return template


def refuse_unfit(*, template: MailTemplate, values: Mapping[str, Any]) -> None:
    """Raise TemplateUnfit unless ``values`` are what ``template`` asks for: named, plain and not empty."""
    missing = [name for name in template.variables if values.get(name) in (None, "")]
    surplus = sorted(set(values) - set(template.variables) - set(template.optional))
    complex_ones = sorted(name for name, value in values.items() if not isinstance(value, str | int))
    for problem, names in (("missing", missing), ("unknown", surplus), ("not plain", complex_ones)):
        if names:
            raise TemplateUnfit(template=template.name, problem=f"{problem}: {', '.join(names)}")


def render(*, template: MailTemplate, values: Mapping[str, Any], language: str) -> Rendered:
    """The mail in ``language``. Refuses TemplateUnfit where a placeholder would stay unfilled."""
    refuse_unfit(template=template, values=values)
    context = dict.fromkeys(template.optional, "") | dict(values)
    context |= {"base_url": settings.BASE_URL, "product": settings.MAIL_PRODUCT_NAME, "language": language}
    plain, rich = _engines()
    try:
        with translation.override(language):
            subject = plain.from_string(str(template.subject)).render(context)
            text = plain.get_template(f"{template.path}.txt").render(context)
            plain_subject = " ".join(subject.split())  # no longer marked safe: the subject was not escaped
            html = rich.get_template(f"{template.path}.html").render(context | {"subject": plain_subject})
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        raise TemplateUnfit(template=template.name, problem=f"{type(error).__name__}: {error}") from error
    _refuse_leftovers(template, (subject, text, html), values)
    return Rendered(subject=" ".join(subject.split())[:SUBJECT_LIMIT], text=text.strip() + "\n", html=html)


def _refuse_leftovers(template: MailTemplate, texts: tuple[str, ...], values: Mapping[str, Any]) -> None:
    given = "".join(str(value) for value in values.values())
    for leftover in _LEFTOVERS:
        # a customer may write braces in a name; only those the template left count
        if leftover not in given and any(leftover in text for text in texts):
            raise TemplateUnfit(template=template.name, problem="a placeholder is left unfilled")


@lru_cache(maxsize=1)
def _engines() -> tuple[DjangoTemplates, DjangoTemplates]:
    """Engines of our own: an unknown variable leaves a mark, and plain text is not escaped."""

    def engine(name: str, *, escapes: bool) -> DjangoTemplates:
        return DjangoTemplates(
            {
                "NAME": name,
                "DIRS": settings.TEMPLATES[0]["DIRS"],
                "APP_DIRS": True,
                "OPTIONS": {"string_if_invalid": f"{_MARK}%s", "autoescape": escapes},
            }
        )

    return engine("mail-text", escapes=False), engine("mail-html", escapes=True)
