"""Restricted-party screening and ownership. Supplies facts; knows no law."""
