"""What the work costs, measured against the plainest way of doing the same (README.md); no tests."""
