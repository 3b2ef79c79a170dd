"""Entries in words, for templates."""

from django import template

from audit import words

register = template.Library()
register.filter("action_label", words.label_of)
register.filter("actor_words", words.actor_words)
register.filter("target_words", words.target_words)
