"""`dataferry worker`, as Django's own command: the child process of `dataferry up`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dataferry.server.jobs.worker import work


class Command(BaseCommand):
    help = "Do background jobs until a signal comes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0)
        parser.add_argument("--grace", type=float, default=20.0)
        parser.add_argument("--until-empty", action="store_true")

    def handle(self, *_arguments: Any, interval: float, grace: float, until_empty: bool, **_options: Any) -> None:
        work(interval=interval, grace=grace, until_empty=until_empty)
