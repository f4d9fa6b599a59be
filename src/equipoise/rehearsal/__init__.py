# SPDX-License-Identifier: Apache-2.0
"""A trial rehearsed many times: whole patients through the pipeline that will read it out."""
