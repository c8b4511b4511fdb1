"""What the workbench does, one verb a file; only these read and write the store."""
