"""The site with one page more: a form that asks for a parcel, and says what it took."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from dataferry.messages import DataferryError, InputError
from dataferry.server import uploads
from dataferry.server.portal import urls
from server.uploads.conftest import PURPOSE

PAGE = """{% extends "portal/base.html" %}{% load static %}
{% block title %}Parcel{% endblock %}
{% block more_styles %}<link rel="stylesheet" href="{% static "uploads/uploads.css" %}">{% endblock %}
{% block scripts %}<script type="module" src="{% static "uploads/upload.mjs" %}"></script>{% endblock %}
{% block content %}<section class="wide"><h1>Parcel</h1>
{% if taken %}<p id="taken" data-sha256="{{ taken.sha256 }}">{{ taken.name }}</p>{% endif %}
<form method="post" enctype="multipart/form-data">{% csrf_token %}
{% with help="MP4 or WebM." required=True %}
{% include "uploads/_field.html" with name="file" label="Video" %}{% endwith %}
<label><input type="checkbox" name="wrong">Something else is wrong</label>
<button type="submit">Hand in</button></form></section>{% endblock %}"""


def parcel(request: HttpRequest) -> HttpResponse:
    context: dict[str, object] = {"purpose": PURPOSE}
    if request.method == "POST":
        context["upload_id"] = request.POST.get("file_upload", "")
        try:
            if request.POST.get("wrong"):
                raise InputError("server.uploads.bad_metadata")
            context["taken"] = uploads.from_form(request, "file", PURPOSE)
        except DataferryError as error:
            context["errors"] = [error.text()]
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [
    path("en/parcel/", parcel),
    path("zh-hant/parcel/", parcel),
    path("zh-hans/parcel/", parcel),
    *urls.urlpatterns,
]
