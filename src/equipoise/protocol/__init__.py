# SPDX-License-Identifier: Apache-2.0
"""Stage 1. The trial as agreed, before any patient exists."""
