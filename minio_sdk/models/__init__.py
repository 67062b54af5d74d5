"""What users give and get: frozen, typed records. No XML, no HTTP."""
