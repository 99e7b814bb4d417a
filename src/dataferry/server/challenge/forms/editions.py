"""The form with which an edition is begun."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from dataferry.server.challenge.edition_file import presets
from dataferry.server.display.languages import page_language


class NewEditionForm(forms.Form):
    """Which preset, and what the edition is called in addresses."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = page_language()
        self.fields["preset"] = forms.ChoiceField(
            label=_("Begin with"),
            choices=[(code, preset.title.text(language)) for code, preset in presets().items()],
            widget=forms.RadioSelect,
            help_text=_("A preset holds what could be found out about a contest, each value with its source."),
        )
        self.fields["slug"] = forms.RegexField(
            label=_("Name in addresses"),
            regex=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            max_length=60,
            help_text=_("Small Latin letters, digits and single hyphens, such as hsodc-2027. It cannot change later."),
            error_messages={"invalid": _("Write small Latin letters, digits and single hyphens; begin with a letter.")},
        )
