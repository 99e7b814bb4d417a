"""Backup and restore of a whole house: database, data home, snapshots, and on request its keys."""

from dataferry.server.portal.backup.making import make_backup
from dataferry.server.portal.backup.restoring import Restored, restore_backup

__all__ = ["Restored", "make_backup", "restore_backup"]
