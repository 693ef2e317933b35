"""The site: Sphinx over the whole repository, so that links between its pages hold in both."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "frontlines"
author = "The frontlines authors"
project_copyright = author
version = release = installed("frontlines")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "from_the_program",
]
root_doc = "docs/index"
include_patterns = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "data/*/README.md",
    "docs/**",
    "notebooks/*.ipynb",
]
exclude_patterns = ["docs/_*/**", "docs/gallery/**", "docs/made/gallery/*.ipynb", "docs/made/gallery/*.py*"]
templates_path = ["_templates"]
nitpick_ignore_regex = [("py:.*", ".*")]  # types of other libraries have no page here

# Notebooks are shown as they are saved: the tests run them and compare.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

default_role = "py:obj"  # single backticks: a link where the name has a page, else code
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's own lists say them
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": str(HERE / "gallery"),
    "gallery_dirs": str(HERE / "made" / "gallery"),
    "filename_pattern": "",
    "image_scrapers": ("figures.scrape",),
    "capture_repr": (),
    "ignore_pattern": "__init__",
    "abort_on_example_error": True,
    "min_reported_time": 1e9,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "frontlines"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_static/at_the_root"]  # an index.html that leads to the first page
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"docs/index": []}
