from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tally', '0002_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContentVersion',
            fields=[
                ('owner', models.BigIntegerField(help_text='The first key of the holders: the user.', primary_key=True, serialize=False)),
                ('token', models.BigIntegerField()),
            ],
        ),
    ]
