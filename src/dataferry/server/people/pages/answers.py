"""A refusal of an action is told on the page that follows, or beside the field of the form that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from dataferry.messages import DataferryError, MissingError
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.permissions import SignInNeeded


@contextmanager
def telling(request: HttpRequest, done: str = "") -> Iterator[None]:
    """Run an action and tell how it ended. What is not there stays an error: the page for it says so."""
    try:
        yield
    except (MissingError, SignInNeeded):
        raise
    except DataferryError as error:
        messages.error(request, error.text())
    else:
        if done:
            messages.success(request, done)


@contextmanager
def telling_form(form: TellingForm) -> Iterator[None]:
    """Run an action; a refusal becomes an error of the form, which is then no longer valid."""
    try:
        yield
    except (MissingError, SignInNeeded):
        raise
    except DataferryError as error:
        form.tell(error)
