"""Rows of delivery."""

from dataferry.server.delivery.models.entitlements import AccessKey, DeliveryNotice, Entitlement
from dataferry.server.delivery.models.meters import BilledUsage, FirstDelivery, MeterEvent
from dataferry.server.delivery.models.served import Remade, ServedChange, ServedExport, ServedTable

__all__ = [
    "AccessKey",
    "BilledUsage",
    "DeliveryNotice",
    "Entitlement",
    "FirstDelivery",
    "MeterEvent",
    "Remade",
    "ServedChange",
    "ServedExport",
    "ServedTable",
]
