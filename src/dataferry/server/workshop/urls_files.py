"""Addresses of files: without a language, so that they stay the same in every script that names them."""

from django.urls import path

from dataferry.server.workshop import files

urlpatterns = [path("<slug:slug>/<str:version>/<path:name>", files.download, name="file")]
