from django.db import migrations, models


class CreateModelUnlessPresent(migrations.CreateModel):
    """The table was made by the engine's third migration before it had an app of its own: databases of then have it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        with schema_editor.connection.cursor() as cursor:
            tables = schema_editor.connection.introspection.table_names(cursor)
        if model._meta.db_table not in tables:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        CreateModelUnlessPresent(
            name='ContentVersion',
            fields=[
                ('owner', models.BigIntegerField(help_text='The first key of the holders: the user.', primary_key=True, serialize=False)),
                ('token', models.BigIntegerField()),
            ],
            options={
                'db_table': 'tally_contentversion',
            },
        ),
    ]
