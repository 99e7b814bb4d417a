"""Rows of delivery."""

from dataferry.server.delivery.models.entitlements import AccessKey, DeliveryNotice, Entitlement
from dataferry.server.delivery.models.meters import MeterEvent
from dataferry.server.delivery.models.served import ServedTable

__all__ = ["AccessKey", "DeliveryNotice", "Entitlement", "MeterEvent", "ServedTable"]
