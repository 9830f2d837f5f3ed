"""What all tests share: a key of their own, so that no test touches the key of the computer it runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from reports.codes import ENVIRONMENT

# A kernel compiles when it is first called: the first example of a property may take seconds.
settings.register_profile("padan", deadline=None)
settings.load_profile("padan")


@pytest.fixture(scope="session", autouse=True)
def own_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The key of the installation in a temporary folder."""
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(tmp_path_factory.mktemp("kunci") / "kunci")
    yield
    if before is None:
        del os.environ[ENVIRONMENT]
    else:
        os.environ[ENVIRONMENT] = before
