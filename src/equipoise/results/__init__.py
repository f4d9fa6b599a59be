# SPDX-License-Identifier: Apache-2.0
"""Stage 6. One long table: one number per row, with what, whom and how."""
