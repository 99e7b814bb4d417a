"""Challenge as a Django app."""

from django.apps import AppConfig


class ChallengeConfig(AppConfig):
    name = "dataferry.server.challenge"
    label = "challenge"
