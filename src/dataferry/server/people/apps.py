"""The Django app of this room."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "dataferry.server.people"
    label = "people"

    def ready(self) -> None:
        from dataferry.server.people import profiles

        profiles.follow_users()
