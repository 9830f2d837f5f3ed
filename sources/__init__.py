"""Files as people send them -> canonical tables: `load`, `inspect`, `raw_sheets`."""

from sources.inspecting import Inspection, inspect, raw_sheets
from sources.load import load
from sources.model import Input, Loaded, RawSheet, SourceSettings

__all__ = ["Input", "Inspection", "Loaded", "RawSheet", "SourceSettings", "inspect", "load", "raw_sheets"]
