"""What a process of the directory works with."""

from dataclasses import dataclass

from services.directory.operations.figures import LiveFigures
from services.directory.operations.search_index import LiveIndex
from services.directory.operations.software_use import LiveUse
from services.directory.settings import DirectorySettings
from shared.app import Context

# What every process has, the worker as well as the API.
DirectoryProcess = Context[DirectorySettings]


@dataclass(frozen=True)
class DirectoryContext(Context[DirectorySettings]):
    """The common context, the search index over the collectivités, who uses what and the figures."""

    index: LiveIndex
    use: LiveUse
    figures: LiveFigures
