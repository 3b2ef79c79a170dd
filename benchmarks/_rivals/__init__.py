"""The same row four times: bare, and under each library that keeps a history. Only the benchmark installs this app."""
