# SPDX-License-Identifier: Apache-2.0
"""Response rules on tables: from lesion sizes to best response; knows no files and no arms."""
