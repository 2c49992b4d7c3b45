import { posix } from '../../shell/sections.ts';

/**
 * `survey_web`: nginx's files without the lines that could hold secrets, and the lines of uwsgi's settings that say
 * where it listens and how it ends. `nginx -T` would be simpler, but it opens (and makes) log files.
 */
export const WEB_SCRIPT = posix`
survey_web() {
  for file in /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/*; do
    if [ -f "$file" ]; then
      emit nginx "$(printf %s "$file" | tr -s '[:space:]' _)" 0 "$(
        head -c 100000 "$file" | grep -viE 'authorization|passw|secret|token|cookie|api[-_]?key')"
    fi
  done
  for unit in $units; do
    ini=$(systemctl show -p ExecStart --value -- "$unit" 2>/dev/null | sed -n 's/.* --ini[ =]\([^ ;]*\).*/\1/p')
    if [ -n "$ini" ] && [ -f "$ini" ]; then
      emit uwsgi "$unit" 0 "$(sed -nE '/^[[:space:]]*(http|https|http-socket|https-socket|socket|uwsgi-socket|die-on-term|processes|workers)[[:space:]]*=/p' "$ini" | head -n 50)"
    fi
  done
}
`;
