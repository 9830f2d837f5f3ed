from __future__ import annotations

import pytest

from tests.rules.findings.builder import Builder


@pytest.fixture
def b() -> Builder:
    return Builder()
