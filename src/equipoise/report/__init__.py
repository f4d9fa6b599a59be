# SPDX-License-Identifier: Apache-2.0
"""Stage 7. Results to pages; computes nothing."""

from equipoise.report.design_page import render_design
from equipoise.report.document import render_readout

__all__ = ["render_design", "render_readout"]
