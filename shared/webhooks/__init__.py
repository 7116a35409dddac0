"""Signed messages to those who asked to be told: subscriptions, deliveries, their API and their worker."""
