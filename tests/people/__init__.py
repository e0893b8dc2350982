import pytest

pytest.register_assert_rewrite("tests.people.boards", "tests.people.checks", "tests.people.ground")
