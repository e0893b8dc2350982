from django.db import migrations

from django_tally.storage import keep_as_counters


class Migration(migrations.Migration):

    dependencies = [("freshness", "0001_initial")]

    operations = [keep_as_counters(("freshness", "ContentVersion"))]
