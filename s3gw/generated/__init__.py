"""Rendered from spec/ by codegen: never edited."""
