"""Exchange as a Django app."""

from importlib import import_module

from django.apps import AppConfig

# Modules that register something when they are loaded.
REGISTERING = (
    "permissions",
    "permissions_trade",
    "states",
    "jobs",
    "personal_data",
    "personal_data_trade",
    "subscribers",
    "trade_letters",
    "register_letters",
)


class ExchangeConfig(AppConfig):
    name = "dataferry.server.exchange"
    label = "exchange"

    def ready(self) -> None:
        for module in REGISTERING:
            import_module(f"{self.name}.{module}")
