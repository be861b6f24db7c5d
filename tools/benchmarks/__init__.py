# SPDX-License-Identifier: Apache-2.0
"""What tools/bench measures: one module per NAME."""
