"""What the README prints is what a reader gets."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRINTED = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
ROUNDING = re.compile(r"closure error \S+ km²")


def _lines(text):
    return [line.rstrip() for line in ROUNDING.sub("closure error … km²", text).strip("\n").splitlines()]


def test_the_command_prints_the_table_of_the_readme(karabakh_program):
    done, _ = karabakh_program
    assert done.returncode == 0
    assert _lines(done.stdout) == _lines(PRINTED[0])


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_the_lines_of_python_print_what_stands_below_them(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    ((code, printed),) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, page, "exec"), {})  # noqa: S102 - our own text
    assert _lines(out.getvalue()) == _lines(printed)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_to_files(target):
    assert (ROOT / target).exists()
