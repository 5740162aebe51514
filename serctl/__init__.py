"""The `serctl` command line tool."""
