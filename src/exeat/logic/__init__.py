"""Conditions: one small three-valued language, and nothing of export law. Import its modules one by one."""
