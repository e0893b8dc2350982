"""The doors that other people's code calls. Each name is that of the specification; the work is done in the rooms beside."""
