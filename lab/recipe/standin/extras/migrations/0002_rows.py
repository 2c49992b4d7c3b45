from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("extras", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="NumberedRow",
            # Nothing is unique but the key: a row that came twice shall be seen, not refused.
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("source", models.CharField(max_length=30)),
                ("number", models.BigIntegerField()),
            ],
        ),
    ]
