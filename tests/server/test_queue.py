"""Lost builds are found once, also when another process was quicker."""

from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from dataferry.messages import RefusedError
from dataferry.server.workshop import actions, queue
from dataferry.server.workshop.models import Build

TITLE = {"en": "A", "zh-Hant": "甲", "zh-Hans": "甲"}


@pytest.mark.django_db
def test_a_build_that_another_process_moved_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in ("a", "b"):
        build = queue.request_build(slug, "1.0.0", tmp_path, TITLE)
        assert build is not None
        actions.start_build(build.pk)
    Build.objects.filter(slug="a").update(task_id="")
    real = queue.move_build

    def moved(build_id: int, *arguments: Any, **keywords: Any) -> None:
        if Build.objects.get(pk=build_id).slug == "a":
            raise RefusedError("server.workshop.build_lost", attempts=1)
        real(build_id, *arguments, **keywords)

    monkeypatch.setattr(queue, "move_build", moved)
    assert queue.sweep_builds(workers_are_gone=True) == 2
    assert dict(Build.objects.values_list("slug", "state")) == {"a": Build.State.RUNNING, "b": Build.State.QUEUED}
    assert DBTaskResult.objects.count() == 3
