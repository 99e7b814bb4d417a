"""Forms and people in templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms, template
from django.forms.renderers import DjangoTemplates
from django.utils import timezone
from django.utils.translation import ngettext

from dataferry.server.display import words
from dataferry.server.people.queries import display_name
from dataferry.server.people.roles import Scope

register = template.Library()


class _Renderer(DjangoTemplates):
    field_template_name = "people/_field.html"


_RENDERER = _Renderer()


@register.simple_tag
def problem_heading(form: forms.BaseForm) -> str:
    """How many things in the form need another look."""
    count = sum(len(errors) for errors in form.errors.values())
    return ngettext("%(count)d thing needs your attention", "%(count)d things need your attention", count) % {
        "count": count
    }


@register.filter
def person_name(user: Any) -> str:
    """What others see of a person."""
    return display_name(user)


@register.inclusion_tag("people/_form.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """All fields of a form, ours or allauth's, drawn in one way."""
    form.renderer = _RENDERER
    form.label_suffix = ""
    return {"form": form}


@register.filter
def scope_word(scope: str) -> str:
    """What a token may do, in the page's language."""
    return str(Scope(scope).label) if scope in Scope.values else scope


@register.filter
def local_day(instant: datetime) -> str:
    """The day of an instant where the visitor is."""
    return words.day(timezone.localtime(instant))
