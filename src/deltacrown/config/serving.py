"""Whether this process is a server: ``config.wsgi`` says so before the settings are read.

A server has a pool of connections and limits on its waits; a command or a worker of Celery works as long as
it takes.
"""

is_server = False
#: Whether what this process counts is told together with others: that of servers and workers of Celery.
counts_together = False
