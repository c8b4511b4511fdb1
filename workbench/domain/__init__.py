"""The words of the workbench as values that cannot be wrong. Standard library and numpy only."""
