"""The one process a project that does long work, each job in a child process."""
