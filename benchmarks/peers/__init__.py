"""The peers: what other Django packages and idioms do of the same task, with rows like ours.

Each runs in a Django process of its own (``benchmarks/peers/worker.py``), because some of them listen to the
signals of every model of their process, in another database of the same PostgreSQL server. They keep the same
numbers as we do of a match line: matches and wins of a player, and of a player in a game.
"""

#: Peer → the application that has its tables.
APPS = {
    "signals": "benchmarks.peers.signalled",
    "computedfields": "benchmarks.peers.computed",
    "denorm": "benchmarks.peers.denormed",
    "rest": "benchmarks.peers.rest",
}
