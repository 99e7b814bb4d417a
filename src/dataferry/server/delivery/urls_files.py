"""Doors for programs, without a language: files with their own grant, downloads, rows and answers with a key."""

from django.urls import path

from dataferry.server.delivery.pages import answers, downloads, files, rows

urlpatterns = [
    path("files/<str:grant>/<str:name>", files.served_file, name="delivery-file"),
    path("download/<slug:share>.<slug:kind>", downloads.download, name="delivery-download"),
    path("rows/<slug:share>", rows.rows, name="delivery-rows"),
    path("answers/<slug:share>", answers.answers, name="delivery-answers"),
]
