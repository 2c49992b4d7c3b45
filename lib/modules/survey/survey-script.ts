import { CLUSTER_SCRIPT } from '../../postgresql/survey/cluster.ts';
import { CLOCK_SCRIPT, HOST_SCRIPT } from '../../postgresql/survey/host.ts';
import { LIBRARY_SCRIPT } from '../../postgresql/survey/library.ts';
import { PACKAGE_SCRIPT } from '../../postgresql/survey/package.ts';
import { PLACE_SCRIPT } from '../../postgresql/survey/place.ts';
import { SERVER_SCRIPT } from '../../nautobot/survey/server.ts';
import { UNIT_SCRIPT } from '../../nautobot/survey/units.ts';
import { WEB_SCRIPT } from '../../nautobot/survey/web-server.ts';
import { END, SECTIONS } from '../../shell/sections.ts';

/**
 * The whole survey of one host: one script, one round trip, as root. It changes nothing, makes no file, starts nothing
 * that stays, and ends whatever hangs. Parameters are sh variables set before it: TARGET (a major), DATABASE and
 * APPLICATION (`yes` where the host has that part), BACKUP_DIR, ADMIN_USER and NAUTOBOT_ROOT_GIVEN (or empty).
 */
export const SURVEY_SCRIPT = [
  SECTIONS,
  HOST_SCRIPT,
  PLACE_SCRIPT,
  LIBRARY_SCRIPT,
  CLUSTER_SCRIPT,
  PACKAGE_SCRIPT,
  UNIT_SCRIPT,
  SERVER_SCRIPT,
  WEB_SCRIPT,
  `survey_host
survey_place state - /var/lib/pgup
if [ "$DATABASE" = yes ]; then
  survey_clusters
  survey_packages
fi
units=
survey_units
if [ "$APPLICATION" = yes ]; then
  survey_web
  survey_server
fi
`,
  CLOCK_SCRIPT,
  END,
].join('');
