# SPDX-License-Identifier: Apache-2.0
"""Synthetic twins: patients constructed so that their readout prints a publication's figures."""
