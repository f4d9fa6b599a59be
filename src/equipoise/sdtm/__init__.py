# SPDX-License-Identifier: Apache-2.0
"""Stage 4. What the sites recorded."""
