"""The columns of the old queue of builds go."""

from django.db import migrations, models

OLD = ("state", "attempts", "lease_until", "task_id", "step", "share", "error", "started_at", "finished_at")


class Migration(migrations.Migration):
    dependencies = [("workshop", "0004_builds_become_jobs")]
    operations = [
        *(migrations.RemoveField("build", name) for name in OLD),
        migrations.AlterField("build", "source", models.CharField(blank=True, default="", max_length=4096)),
    ]
