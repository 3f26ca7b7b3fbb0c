"""Signing what a firm declares, behind one interface: a software key, or a cipher device."""
