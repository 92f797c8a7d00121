#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/time.h"
#include "state/track_internal.h"
#include "vault/ledger.h"
#include "vault/note.h"

/*
 * The note on the commit that a version was applied from; names are
 * such that nothing in them has to be escaped:
 *
 *	{"env":"prod","kind":"state","serial":12,"stack":"network",
 *	 "time":"2026-11-21T09:30:00Z","version":"40 digits"}
 */
static int
format(struct gv_buf *out, const struct gv_track_version *v)
{
	char hex[GV_OID_HEX + 1], time[GV_TIME_MAX];

	gv_oid_format(hex, &v->commit);
	gv_time_rfc3339(time, v->time);
	gv_buf_addf(
	    out, "{\"env\":\"%s\",\"kind\":\"state\",\"serial\":", v->env);
	if (v->has_serial)
		gv_buf_addf(out, "%" PRIu64, v->serial);
	else
		gv_buf_addstr(out, "null");
	gv_buf_addf(out,
	    ",\"stack\":\"%s\",\"time\":\"%s\",\"version\":\"%s\"}", v->stack,
	    time, hex);
	return gv_buf_check(out);
}

int
gv_track_note_add(struct gv_ledger_edit *edit, const struct gv_track_version *v)
{
	struct gv_buf line = GV_BUF_INIT;
	int r = 0;

	if (!gv_oid_is_zero(&v->code)) {
		if ((r = format(&line, v)) == 0)
			r = gv_note_add(edit, &v->code, line.p);
	}
	gv_buf_release(&line);
	return r;
}

int
gv_track_note_put(
    struct gv_repo *repo, const struct gv_track_version *v, int64_t now)
{
	struct gv_buf line = GV_BUF_INIT;
	bool is_there = false;
	int r = 0;

	if (!gv_oid_is_zero(&v->code)) {
		if ((r = format(&line, v)) == 0)
			r = gv_note_has(&is_there, repo, &v->code, line.p);
		if (r == 0 && !is_there)
			r = gv_note_put(repo, &v->code, line.p, now);
	}
	gv_buf_release(&line);
	return r;
}
