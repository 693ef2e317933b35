"""From a scanned map to frontlines and control, by a recipe, with the error at every place.

1. `read_recipe` reads what to trace on which image; `digitize` does it.
2. `read_control_points` and `georeference` say where a scan lies, and how far that is off.
3. `open_scan`, `open_sheet`, `suggest_colours`, `suggest_fills`, `trace_lines` and `trace_areas` work in
   pixels.

Pixel coordinates everywhere: x is the column and y the row, the centre of the first pixel is (0, 0), and y
grows downwards.
"""

from frontlines._optional import asking_for

with asking_for("digitize"):  # scipy, scikit-image and rasterio: everything below imports them as it likes
    from frontlines.digitize.areas.trace import trace_areas
    from frontlines.digitize.colour.scan import Scan, open_scan
    from frontlines.digitize.colour.sheet import Sheet, open_sheet
    from frontlines.digitize.colour.suggesting import suggest_colours, suggest_fills
    from frontlines.digitize.digitized import Digitized
    from frontlines.digitize.georef.cautions import Caution
    from frontlines.digitize.georef.control_points import GroundControl, read_control_points, read_world_file
    from frontlines.digitize.georef.georeference import Georeference, georeference, georeference_from_affine
    from frontlines.digitize.lines import Hidden, Knobs, Stretch, Tracing, follow_hidden, trace_lines
    from frontlines.digitize.recipe import AreaRecipe, LineRecipe, Places, Recipe, read_recipe
    from frontlines.digitize.run import digitize

__all__ = [
    "AreaRecipe",
    "Caution",
    "Digitized",
    "Georeference",
    "GroundControl",
    "Hidden",
    "Knobs",
    "LineRecipe",
    "Places",
    "Recipe",
    "Scan",
    "Sheet",
    "Stretch",
    "Tracing",
    "digitize",
    "follow_hidden",
    "georeference",
    "georeference_from_affine",
    "open_scan",
    "open_sheet",
    "read_control_points",
    "read_recipe",
    "read_world_file",
    "suggest_colours",
    "suggest_fills",
    "trace_areas",
    "trace_lines",
]
