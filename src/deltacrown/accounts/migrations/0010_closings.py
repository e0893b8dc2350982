from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_search_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='closings',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='How often the account was closed. A database trigger counts; each ends all sessions.'),
        ),
    ]
