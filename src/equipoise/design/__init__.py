# SPDX-License-Identifier: Apache-2.0
"""Stage 2. How many patients, how many events, when to look, and what to stop for."""
