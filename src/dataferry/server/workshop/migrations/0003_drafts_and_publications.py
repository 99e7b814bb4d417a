"""Drafts, shares, publications; builds become jobs of the jobs room (their old columns go in 0005)."""

from django.conf import settings
from django.db import migrations, models


def key(to, on_delete, **options):
    return models.ForeignKey(to, on_delete=on_delete, **options)


CASCADE, PROTECT, SET_NULL = models.CASCADE, models.PROTECT, models.SET_NULL
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
USER = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalogue", "0001_initial"),
        ("jobs", "0001_initial"),
        ("workshop", "0002_releases_are_final"),
    ]

    operations = [
        migrations.AddField(
            "product", "owner", key(USER, SET_NULL, null=True, blank=True, related_name="products")
        ),
        migrations.AddField(
            "product", "newest", key("workshop.release", PROTECT, null=True, blank=True, related_name="+")
        ),
        migrations.AddField("product", "words", models.TextField(blank=True, default="")),
        migrations.CreateModel(
            "Publication",
            [
                ID,
                ("published_at", models.DateTimeField(auto_now_add=True)),
                ("published_by", key(USER, SET_NULL, null=True, blank=True, related_name="+")),
                (
                    "release",
                    models.OneToOneField("workshop.release", on_delete=PROTECT, related_name="publication"),
                ),
            ],
        ),
        migrations.CreateModel(
            "Draft",
            [
                ID,
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("title", models.JSONField(default=dict)),
                ("manifest", models.TextField()),
                ("recipe", models.TextField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("owner", key(USER, CASCADE, related_name="drafts")),
                ("product", models.OneToOneField("workshop.product", on_delete=CASCADE, related_name="draft")),
            ],
            options={"ordering": ["-updated_at", "-pk"]},
        ),
        migrations.CreateModel(
            "DraftInput",
            [
                ID,
                ("name", models.CharField(max_length=63)),
                ("draft", key("workshop.draft", CASCADE, related_name="inputs")),
                ("snapshot", key("catalogue.snapshot", CASCADE, null=True, related_name="+")),
                ("upstream", key("workshop.release", PROTECT, null=True, related_name="+")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.CreateModel(
            "DraftShare",
            [
                ID,
                ("may_edit", models.BooleanField(default=False)),
                ("shared_at", models.DateTimeField(auto_now_add=True)),
                ("draft", key("workshop.draft", CASCADE, related_name="shares")),
                ("user", key(USER, CASCADE, related_name="draft_shares")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.AddConstraint(
            "draftinput", models.UniqueConstraint(fields=["draft", "name"], name="one_draft_input_per_name")
        ),
        migrations.AddConstraint(
            "draftinput",
            models.CheckConstraint(
                condition=models.Q(("snapshot__isnull", True)) ^ models.Q(("upstream__isnull", True)),
                name="draft_input_is_snapshot_or_release",
            ),
        ),
        migrations.AddConstraint(
            "draftshare", models.UniqueConstraint(fields=["draft", "user"], name="one_share_per_person")
        ),
        migrations.RemoveConstraint("build", "one_open_build_per_version"),
        migrations.AddField("build", "draft", key("workshop.draft", SET_NULL, null=True, related_name="builds")),
        migrations.AddField("build", "product", key("workshop.product", SET_NULL, null=True, related_name="builds")),
        migrations.AddField("build", "revision", models.PositiveIntegerField(null=True)),
        migrations.AddField("build", "manifest", models.TextField(blank=True, default="")),
        migrations.AddField("build", "recipe", models.TextField(blank=True, default="")),
        migrations.AddField("build", "inputs", models.JSONField(default=dict)),
        migrations.AddField(
            "build", "job", models.OneToOneField("jobs.job", null=True, on_delete=SET_NULL, related_name="build")
        ),
    ]
