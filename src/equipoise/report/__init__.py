# SPDX-License-Identifier: Apache-2.0
"""Stage 7. Results to pages; computes nothing."""

from equipoise.report.design_page import render_design
from equipoise.report.display_table import display_tables
from equipoise.report.document import render_readout

__all__ = ["display_tables", "render_design", "render_readout"]
