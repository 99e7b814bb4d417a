"""What the pages of this room have in common: a refusal is told on the page that follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.permissions import SignInNeeded


@contextmanager
def telling(request: HttpRequest, done: str = "") -> Iterator[None]:
    """Run an action and tell how it ended. What is not there stays an error: the page for it says so."""
    try:
        yield
    except (MissingError, SignInNeeded):
        raise
    except (RefusedError, InputError) as error:
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
    except (RefusedError, InputError) as error:
        form.tell(error)
