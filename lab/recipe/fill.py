"""Fills a freshly migrated Nautobot through its ORM with a network of some 100,000 rows.

Run by `nautobot-server shell`. What many rows share is looked up once; the rows themselves go in by bulk_create.
Always the same rows: a lab built twice holds the same network.
"""

import ipaddress
import itertools
import time

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from nautobot.dcim.models import Cable, Device, DeviceType, Interface, Location, LocationType, Manufacturer
from nautobot.extras.models import JobLogEntry, JobResult, Role, Status
from nautobot.ipam.models import IPAddress, IPAddressToInterface, Namespace, Prefix

LOCATIONS = 500
DEVICES_PER_LOCATION = 10
INTERFACES_PER_DEVICE = 12
ADDRESSES_PER_LOCATION = 40
CABLES = 300
USERS = 40
JOB_RESULTS = 500
LOG_LINES_PER_JOB = 10

started = time.monotonic()


def say(what, count):
    print(f"{time.monotonic() - started:6.1f} s  {count:7d} {what}", flush=True)


def create(model, rows):
    made = model.objects.bulk_create(rows, batch_size=1000)
    say(model._meta.verbose_name_plural, len(made))
    return made


active = Status.objects.get(name="Active")
connected = Status.objects.get(name="Connected")
active.content_types.add(
    *ContentType.objects.get_for_models(Location, Device, Interface, Prefix, IPAddress).values()
)
connected.content_types.add(ContentType.objects.get_for_model(Cable))
role, _ = Role.objects.get_or_create(name="Access switch")
role.content_types.add(ContentType.objects.get_for_model(Device))

region_type = LocationType.objects.create(name="Region", nestable=True)
site_type = LocationType.objects.create(name="Site", parent=region_type)
site_type.content_types.add(*ContentType.objects.get_for_models(Device, Prefix).values())
regions = [Location.objects.create(name=f"Region {n}", location_type=region_type, status=active) for n in range(10)]
sites = create(
    Location,
    [
        Location(name=f"Site {n:04d} – Straße Nº{n}", location_type=site_type, parent=regions[n % 10], status=active)
        for n in range(LOCATIONS)
    ],
)

manufacturer = Manufacturer.objects.create(name="Example Networks")
types = [
    DeviceType.objects.create(manufacturer=manufacturer, model=f"EX-{ports}", u_height=1) for ports in (12, 24, 48)
]
devices = create(
    Device,
    [
        Device(
            name=f"sw{number:02d}.site{index:04d}",
            device_type=types[number % 3],
            role=role,
            location=site,
            status=active,
            serial=f"SN{index:04d}{number:02d}",
        )
        for index, site in enumerate(sites)
        for number in range(DEVICES_PER_LOCATION)
    ],
)
interfaces = create(
    Interface,
    [
        Interface(
            device=device, name=f"Ethernet1/{port}", type="1000base-t", status=active, description=f"port {port}"
        )
        for device in devices
        for port in range(1, INTERFACES_PER_DEVICE + 1)
    ],
)

namespace = Namespace.objects.get(name="Global")
container = Prefix(prefix="10.0.0.0/8", namespace=namespace, status=active, type="container")
container.save()
networks = list(itertools.islice(ipaddress.ip_network("10.0.0.0/8").subnets(new_prefix=24), LOCATIONS))
prefixes = create(
    Prefix,
    [
        Prefix(prefix=str(network), namespace=namespace, status=active, parent=container, description=site.name)
        for network, site in zip(networks, sites)
    ],
)
addresses = create(
    IPAddress,
    [
        IPAddress(address=f"{host}/24", parent=prefix, status=active, dns_name=f"h{host}.example.com".replace("/", "-"))
        for network, prefix in zip(networks, prefixes)
        for host in itertools.islice(network.hosts(), ADDRESSES_PER_LOCATION)
    ],
)
create(
    IPAddressToInterface,
    [IPAddressToInterface(ip_address=address, interface=port) for address, port in zip(addresses, interfaces[::3])],
)

# Cables one by one: saving one traces the paths through it, as when a person connects two ports.
for index in range(CABLES):
    first = index * 2 * INTERFACES_PER_DEVICE
    Cable(
        termination_a=interfaces[first],
        termination_b=interfaces[first + INTERFACES_PER_DEVICE],
        status=connected,
        label=f"C{index:05d}",
    ).save()
say("cables", CABLES)

User = get_user_model()
create(
    User,
    [
        User(username=f"user{n:02d}", email=f"user{n:02d}@example.com", first_name="Zoë", password="!")
        for n in range(USERS)
    ],
)
admin = User.objects.get(username="admin")
now = timezone.now()
results = create(
    JobResult,
    [
        JobResult(name=f"Sync {n}", user=admin, status="SUCCESS", date_done=now, result={"devices": n})
        for n in range(JOB_RESULTS)
    ],
)
create(
    JobLogEntry,
    [
        JobLogEntry(job_result=result, log_level="info", grouping="main", message=f"line {line} of {result.name}")
        for result in results
        for line in range(LOG_LINES_PER_JOB)
    ],
)
print("filled", flush=True)
