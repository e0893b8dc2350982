"""Whether this process is a server: ``config.wsgi`` says so before the settings are read.

A server has a pool of connections and limits on its waits; a command or a worker of Celery works as long as
it takes.
"""

is_server = False
