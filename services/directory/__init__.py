"""The directory service: the collectivités, and which software each uses for which local data.

It owns (schema `directory`) the reference of collectivités and groupements, the vendors and their applications,
the export modules and the usages, and every claim by which these are known; the facilitators (ATD); what waits for a
moderator, the history of every change, and contacts, apart from all that is public; the observatory: the files it began
with, row by row, and what the catalogue publishes over time.
It sends nothing. It hears of the catalogue's datasets (`catalog.dataset.published`, `.removed`) and of the labels
(`validation.label.granted`, `.renewed`, `.suspended`, `.revoked`, `.expired`), and keeps its own copy of both.
"""
