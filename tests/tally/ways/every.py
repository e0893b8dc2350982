"""All the ways, in the order of the page."""

from tests.tally.ways import of_one_row  # isort: skip - the order of imports is the order of the page
from tests.tally.ways import of_many_rows  # isort: skip
from tests.tally.ways import of_other_sources  # isort: skip
from tests.tally.ways import of_services_and_files  # isort: skip
from tests.tally.ways import beneath_the_orm  # isort: skip
from tests.tally.ways.declared import WAYS

__all__ = [
    "WAYS",
    "beneath_the_orm",
    "of_many_rows",
    "of_one_row",
    "of_other_sources",
    "of_services_and_files",
]
