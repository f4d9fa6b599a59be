# SPDX-License-Identifier: Apache-2.0
"""Operating characteristics: a trial repeated many times from its event times."""
