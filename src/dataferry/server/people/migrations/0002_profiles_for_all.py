"""People of release 0.1.0 had no profile."""

from django.conf import settings
from django.db import migrations


def make_profiles(apps, schema_editor):
    user = apps.get_model("auth", "User")
    profile = apps.get_model("people", "Profile")
    profile.objects.bulk_create(
        [profile(user_id=pk) for pk in user.objects.filter(profile__isnull=True).values_list("pk", flat=True)]
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [migrations.RunPython(make_profiles, migrations.RunPython.noop, elidable=True)]
