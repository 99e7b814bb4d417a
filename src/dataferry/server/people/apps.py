"""The Django app of this room."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "dataferry.server.people"
    label = "people"

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from dataferry.server.people import holdings, profiles
        from dataferry.server.people.personal_data import register_personal_data

        profiles.follow_users()
        # The desk has no door of its own: its visitors pass the same lock-out and second step as everybody.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        register_personal_data("people", holdings.export)
