"""The catalogue's vocabularies, each a table with udata's identifiers, mapped to and from what portals write."""
