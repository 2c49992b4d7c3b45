--
-- A dump as pg_dump writes it, of a database whose roles the target does not have.
--

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.dcim_site (
    name character varying(100) NOT NULL
);

ALTER TABLE public.dcim_site OWNER TO nautobot;

CREATE TABLE public.report (
    id integer
);

ALTER TABLE public.report OWNER TO "Net Ops";

COPY public.dcim_site (name) FROM stdin;
Zürich
Łódź
\.

GRANT SELECT ON TABLE public.dcim_site TO readonly;
