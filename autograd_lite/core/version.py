"""The version of this package, said once."""

PACKAGE_VERSION = "0.1.0"
