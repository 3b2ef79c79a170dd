"""A form field that names another object by its id, with suggestions instead of a select of every row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class ReferenceInput(forms.TextInput):
    """A text input with a list of suggestions below it, loaded while one types."""

    def __init__(self, url: Any) -> None:
        super().__init__(
            attrs={
                "data-suggest": url,
                "role": "combobox",
                "aria-autocomplete": "list",
                "aria-expanded": "false",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        )


class ReferenceField(forms.CharField):
    """The object of ``model`` (``accounts.workspace``) whose id was typed or chosen.

    Cleans to the object. What can be typed to find it is what its list can be searched by.
    """

    default_error_messages = {"unknown": _("There is nothing with this id.")}

    def __init__(self, *, model: str, **kwargs: Any) -> None:
        self._model = model
        app_label, model_name = model.split(".")
        url = reverse_lazy(f"admin:{app_label}_{model_name}_suggest")
        super().__init__(widget=ReferenceInput(url), max_length=100, **kwargs)

    def clean(self, value: Any) -> Any:
        """The object itself; None where the field is optional and empty."""
        text = super().clean(value)
        if not text:
            return None
        console_admin: Any = admin.site._registry.get(apps.get_model(self._model))
        found = console_admin.find_object(text) if console_admin else None
        if found is None:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return found
