"""Every address below /merchants/."""

from django.urls import path

from dataferry.server.merchants.pages import desk, directory, own

urlpatterns = [
    path("", directory.directory, name="merchants-directory"),
    path("rules/", directory.rules, name="merchants-rules"),
    path("mine/", own.mine, name="merchants-mine"),
    path("desk/", desk.desk, name="merchants-desk"),
    path("apply/<slug:slug>/", own.apply, name="merchants-apply"),
    path("<slug:number>/", directory.merchant, name="merchants-merchant"),
    path("<slug:number>/application/", own.application, name="merchants-application"),
    path("<slug:number>/papers/<int:key>/", own.paper, name="merchants-paper"),
]
