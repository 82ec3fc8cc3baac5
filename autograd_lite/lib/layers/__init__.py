"""Layers: functions and objects that make their own variables."""
