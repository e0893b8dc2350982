"""Until when a kept page may be shown: content tokens, and the cache that trusts them."""
