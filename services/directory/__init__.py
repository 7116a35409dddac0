"""The directory service: the collectivités, and which software each uses for which local data.

It owns (schema `directory`) the reference of collectivités and groupements, the vendors and their applications,
the export modules and the usages, and every claim by which these are known.
It sends nothing and hears nothing yet.
"""
