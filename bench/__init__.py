"""What `make bench` measures: our ser and Debian's Kamailio side by side, in one run."""
