# SPDX-License-Identifier: Apache-2.0
"""equipoise: an oncology clinical trial, executed from one protocol file."""

__version__ = "0.1.0"
