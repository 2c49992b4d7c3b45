from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Location",
            fields=[("id", models.UUIDField(primary_key=True)), ("name", models.CharField(max_length=255, unique=True))],
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.UUIDField(primary_key=True)),
                ("name", models.CharField(max_length=255, db_index=True)),
                ("serial", models.CharField(max_length=255)),
                ("location", models.ForeignKey("dcim.Location", on_delete=models.PROTECT)),
                ("data", models.JSONField(null=True)),
            ],
        ),
    ]
