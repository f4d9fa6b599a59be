# SPDX-License-Identifier: Apache-2.0
"""Stage 3. Patients as they happen, in days since the reference date."""
