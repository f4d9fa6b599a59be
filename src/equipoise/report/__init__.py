# SPDX-License-Identifier: Apache-2.0
"""Stage 7. Results to pages; computes nothing."""

from equipoise.report.design_page import render_design
from equipoise.report.display_table import display_tables
from equipoise.report.readout_page import begin_page, render_page, render_readout

__all__ = ["begin_page", "display_tables", "render_design", "render_page", "render_readout"]
