"""What the operator of a site asks of it: what is wrong (``doctor``), and copies to keep (``backup``)."""
