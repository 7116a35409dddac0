"""What a process of the directory works with."""

from dataclasses import dataclass

from services.directory.operations.search_index import LiveIndex
from services.directory.settings import DirectorySettings
from shared.app import Context


@dataclass(frozen=True)
class DirectoryContext(Context[DirectorySettings]):
    """The common context, and the search index over the collectivités."""

    index: LiveIndex
