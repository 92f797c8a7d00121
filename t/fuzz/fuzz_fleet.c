/* Reports of a fleet, lines of a list, packed refs, and configurations of
 * anybody. What is taken is taken once, and merging refs twice changes nothing.
 */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "fleet/fleet_guard.h"
#include "fleet/fleet_look.h"
#include "fleet/fleet_past.h"
#include "fleet/fleet_source.h"

static void
read_report(const char *text, size_t len)
{
	struct gv_fleet_past past = { .entries = NULL };
	struct gv_buf copy = GV_BUF_INIT;
	const char *p = text, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text + len)) {
		gv_buf_reset(&copy);
		gv_buf_add(&copy, line, n);
		must(gv_fleet_past_add(
			 &past, copy.p, copy.len, GV_FLEET_VERIFY, n & 1) == 0);
	}
	gv_buf_release(&copy);
	gv_fleet_past_release(&past);
}

static void
read_list(const char *text, size_t len)
{
	struct gv_fleet_past past = { .entries = NULL };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_shard_key key;
	const char *p = text, *line, *why;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text + len)) {
		must(gv_fleet_source_line(&path, &why, line, n, "/x") == 0);
		must(strlen(path.p) == path.len);
		if (why || path.len == 0)
			continue;
		must(path.p[0] == '/');
		key = gv_shard_key(path.p);
		must(gv_fleet_past_take(&past, &key) >= 0);
		must(gv_fleet_past_take(&past, &key) == 0);
	}
	gv_buf_release(&path);
	gv_fleet_past_release(&past);
}

static void
read_refs(const char *text, size_t len)
{
	struct gv_fleet_look look, again;
	struct gv_buf once = GV_BUF_INIT, twice = GV_BUF_INIT;

	memset(&look, 0, sizeof(look));
	memset(&again, 0, sizeof(again));
	must(gv_fleet_look_merge(&once, "", 0, text, len) == 0);
	must(gv_fleet_look_merge(&twice, once.p, once.len, once.p, once.len) ==
	    0);
	must(once.len == twice.len);
	gv_fleet_look_refs(&look, once.p, once.len);
	gv_fleet_look_refs(&again, twice.p, twice.len);
	must(memcmp(look.refs, again.refs, sizeof(look.refs)) == 0);
	must(strlen(look.last) < sizeof(look.last));
	gv_buf_release(&once);
	gv_buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = len ? (const char *)data : "";

	read_report(text, len);
	read_list(text, len);
	read_refs(text, len);
	gv_fleet_guard_is_plain(text, len);
	return 0;
}
