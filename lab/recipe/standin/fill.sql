-- Some thousand rows as Nautobot's own role would have made them, and one of each kind of thing that an upgrade carries.
SET ROLE nautobot;
INSERT INTO dcim_location (id, name) SELECT gen_random_uuid(), 'Site ' || n || ' – Straße Nº' || n FROM generate_series(1, 50) n;
INSERT INTO dcim_device (id, name, serial, location_id, data)
  SELECT gen_random_uuid(), 'sw' || n || '.' || l.name, 'SN' || n, l.id, jsonb_build_object('ports', n, 'note', md5(n::text))
  FROM dcim_location l, generate_series(1, 60) n;
INSERT INTO extras_jobresult (id, name, status, date_created, date_started, date_done)
  SELECT gen_random_uuid(), 'Sync ' || n, 'SUCCESS', now() - n * interval '1 hour', now() - n * interval '1 hour', now() - n * interval '1 hour'
  FROM generate_series(1, 200) n;
CREATE VIEW dcim_device_counts AS SELECT location_id, count(*) AS devices FROM dcim_device GROUP BY location_id;
CREATE MATERIALIZED VIEW dcim_device_ports AS SELECT sum((data ->> 'ports')::int) AS ports FROM dcim_device;
CREATE FUNCTION dcim_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.serial := upper(NEW.serial); RETURN NEW; END $$;
CREATE TRIGGER dcim_touched BEFORE UPDATE ON dcim_device FOR EACH ROW EXECUTE FUNCTION dcim_touch();
