"""The directory service: the collectivités, and which software each uses for which local data.

It owns the reference of collectivités and groupements (schema `directory`).
It sends nothing and hears nothing yet.
"""
