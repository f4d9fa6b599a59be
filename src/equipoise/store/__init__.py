# SPDX-License-Identifier: Apache-2.0
"""The only package that touches the user's disk: tables in, run folders out."""
