"""The repository's own rules: where tests stand, that links lead somewhere, which words don't."""

from __future__ import annotations

import ast
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("ser_core", "serctl", "sertui")

TESTED_ELSEWHERE = {
    "ser_core/errors.py": "two classes without behaviour; each raiser tests them",
}
"""Source files without a test file of their own, and why."""

PLACES_OF_ONE_MACHINE = re.compile(rb"/(?:work|home)/\w+|/root/|/opt/(?:pypi|wheels)")
UNFINISHED = re.compile(rb"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")


def source_files() -> list[str]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in found)


def all_files() -> list[Path]:
    """What git has or would add; in a tree without git, every file outside hidden directories."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().split("\0")
        return sorted(ROOT / name for name in names if name and (ROOT / name).is_file())
    hidden = re.compile(r"(^|/)(\.(?!ci/)[^/]+|__pycache__|[^/]+\.egg-info)(/|$)")
    paths = (path for path in ROOT.rglob("*") if path.is_file())
    return sorted(path for path in paths if not hidden.search(str(path.relative_to(ROOT))))


def place_of_test(source: str) -> Path:
    path = Path(source)
    return Path("tests") / path.parent / f"test_{path.stem.strip('_')}.py"


def has_behaviour(source: str) -> bool:
    """Whether a file has a function with a body; declarations alone need no test."""
    for node in ast.walk(ast.parse((ROOT / source).read_text())):
        if isinstance(node, ast.FunctionDef) and not all(
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            for statement in node.body
        ):
            return True
    return False


@pytest.mark.parametrize("source", sorted(set(source_files()) - set(TESTED_ELSEWHERE)))
def test_each_source_file_has_its_test_file(source: str) -> None:
    wanted = place_of_test(source)
    assert (ROOT / wanted).exists() or not has_behaviour(source), f"{source} needs {wanted}"


@pytest.mark.parametrize("source", sorted(TESTED_ELSEWHERE))
def test_no_exception_outlives_its_reason(source: str) -> None:
    assert (ROOT / source).exists(), f"{source} is gone: take it off the list"
    assert not (ROOT / place_of_test(source)).exists(), f"{source} has a test now"


def test_a_package_file_only_exports_names() -> None:
    for source in source_files():
        if source.endswith("__init__.py"):
            text = (ROOT / source).read_text()
            assert not re.search(r"^\s*(?:def|class|if|for|while|try)\b", text, re.M), source


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager"])
def test_no_file_collects_what_has_no_place(name: str) -> None:
    assert not [path for path in all_files() if path.stem == name]


MARKDOWN = [str(path.relative_to(ROOT)) for path in all_files() if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.M)


def anchors_of(markdown: str) -> set[str]:
    """The anchors that headings get: lower case, punctuation dropped, blanks to hyphens."""
    text = re.sub(r"^```.*?^```", "", markdown, flags=re.M | re.S)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", MARKDOWN)
def test_each_link_in_the_docs_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors_of(file.read_text()), f"{page}: {target}"


def test_no_file_names_a_place_of_one_machine_or_is_left_unfinished() -> None:
    for path in all_files():
        if path == Path(__file__):
            continue
        content = path.read_bytes()
        for pattern in (PLACES_OF_ONE_MACHINE, UNFINISHED):
            found = pattern.search(content)
            assert not found, f"{path.relative_to(ROOT)}: {found and found[0].decode()}"


SCRIPTS = (".ci/run", ".ci/packages", "init.d/ser", "init.d/setup")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_run_and_parses(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR
    shell = path.read_text().partition("\n")[0].split()[-1].rpartition("/")[2]
    subprocess.run([shell, "-n", str(path)], check=True)


def make_help() -> str:
    run = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize(
    "target", ["run", "demo", "screenshots", "test", "check", "lint", "docs", "bench", "clean"]
)
def test_make_help_tells_of_each_target(target: str) -> None:
    assert re.search(rf"^make {target} +\w", make_help(), re.M)
