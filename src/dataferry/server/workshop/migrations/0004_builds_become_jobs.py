"""What 0.1.0 left: every build gets its job, every release is published, as it was open to everybody."""

from django.db import migrations

KIND = "workshop.build_product"
OPEN = {"queued", "running"}


def give_jobs(apps, schema_editor):
    """A build that waited or ran will be built anew: nothing runs while the database is migrated."""
    build_model, job_model = apps.get_model("workshop", "Build"), apps.get_model("jobs", "Job")
    for build in build_model.objects.order_by("pk"):
        is_open = build.state in OPEN
        build.job = job_model.objects.create(
            kind=KIND,
            subject=f"product:{build.slug}",
            key=f"{build.slug}@{build.version}" if is_open else "",
            payload={"build": build.pk},
            state="queued" if is_open else build.state,
            attempts=0 if is_open else build.attempts,
            most_attempts=3,
            not_before=build.requested_at,
            step={"code": "server.workshop.step", "data": {"step": build.step}} if build.step and not is_open else None,
            share=None if is_open else build.share,
            error=build.error,
            requested_at=build.requested_at,
            started_at=None if is_open else build.started_at,
            finished_at=build.finished_at,
        )
        build.save(update_fields=["job"])


def publish_all(apps, schema_editor):
    release_model, publication = apps.get_model("workshop", "Release"), apps.get_model("workshop", "Publication")
    for release in release_model.objects.select_related("product").order_by("registered_at", "pk"):
        publication.objects.create(release=release)
        publication.objects.filter(release=release).update(published_at=release.registered_at)
        product = release.product
        product.newest, product.words = release, folded(product.slug, release.document)
        product.save(update_fields=["newest", "words"])


def folded(slug, document):
    """The texts that a search looks through, as `dataferry.server.workshop.registering.searched_words` writes them."""
    texts = [slug]
    for key in ("title", "description", "summary"):
        texts += [text for text in (document.get(key) or {}).values() if isinstance(text, str)]
    return "\n".join(texts).casefold()


def forget_old_tasks(apps, schema_editor):
    """The old queue's rows name a task that is no more; the jobs room announces what waits."""
    apps.get_model("django_tasks_database", "DBTaskResult").objects.filter(
        task_path="dataferry.server.workshop.jobs.build_product"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("workshop", "0003_drafts_and_publications"), ("django_tasks_database", "0018_rename_succeeded_status")]
    operations = [
        migrations.RunPython(give_jobs, migrations.RunPython.noop),
        migrations.RunPython(publish_all, migrations.RunPython.noop),
        migrations.RunPython(forget_old_tasks, migrations.RunPython.noop),
    ]
