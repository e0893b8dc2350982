"""What becomes of webhooks when accounts are merged, or a player is anonymised.

An event has keys of rows and no name. Whether it may still be told is decided when it is delivered.
"""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent

BELONGINGS = [Belonging(WebhookEndpoint, "created_by", OnMerge.KEEP, OnAnonymise.KEEP)]

TEXTS = [
    describe(
        WebhookEndpoint,
        free="name",
        nameless="url kinds sealed_secret sealed_former stopped_because claimed_by",
    ),
    describe(WebhookEvent, nameless="message_id kind players facts"),
    describe(WebhookDelivery, nameless="status error"),
]
