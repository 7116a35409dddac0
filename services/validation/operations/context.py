"""What a process of the validation service works with."""

from services.validation.settings import ValidationSettings
from shared.app import Context

ValidationContext = Context[ValidationSettings]
