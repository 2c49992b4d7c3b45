from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="JobResult",
            fields=[
                ("id", models.UUIDField(primary_key=True)),
                ("name", models.CharField(max_length=255)),
                ("status", models.CharField(max_length=30, db_index=True)),
                ("date_created", models.DateTimeField()),
                ("date_started", models.DateTimeField(null=True)),
                ("date_done", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HealthCheckTestModel",
            fields=[("id", models.BigAutoField(primary_key=True)), ("title", models.CharField(max_length=128))],
        ),
    ]
