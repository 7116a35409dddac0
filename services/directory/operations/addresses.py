"""Where the resources of the directory are read."""

EDITEURS = "/directory/v1/editeurs"
PROGICIELS = "/directory/v1/progiciels"
MODULES = "/directory/v1/modules"
USAGES = "/directory/v1/usages"
