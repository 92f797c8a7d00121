#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drill/drill_internal.h"
#include "record/record.h"
#include "record/record_load.h"
#include "record/record_resolve.h"

/* Which snapshot is drilled. */

static int
take(struct gv_drill_run *run, const struct gv_record *rec)
{
	struct gv_drill *d = run->drill;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &rec->commit);
	d->commit = gv_drill_text(d, "%s", hex);
	d->snapshot = gv_drill_text(d, "%s", rec->id);
	d->snapshot_time = rec->time;
	d->files = rec->files;
	run->secrets = rec->secrets;
	run->bytes = rec->bytes;
	/* without an environment the time of a drill counts for each */
	if (run->opts->budget == 0 && run->opts->env == NULL &&
	    rec->n_environments > 1)
		run->until +=
		    (int64_t)(rec->n_environments - 1) * GV_DRILL_BUDGET * 1000;
	return d->snapshot && d->commit ? 0 : GV_ENOMEM;
}

/* One of all, by the seed, so that over the years each has its turn. */
static int
take_any(struct gv_drill_run *run)
{
	const char *env = run->opts->env;
	struct gv_records all = { .n = 0 };
	uint64_t n = 0, at;
	size_t i;
	int r = gv_records_load(&all, run->repo, NULL);

	for (i = 0; r == 0 && i < all.n; i++)
		n += env == NULL || gv_record_is_of(&all.records[i], env);
	if (r == 0 && n == 0)
		r = gv_err(GV_ENOTFOUND,
		    "there is no snapshot%s%s to choose one of",
		    env ? " of " : "", env ? env : "");
	at = n ? run->opts->seed % n : 0;
	for (i = 0; r == 0 && i < all.n; i++)
		if ((env == NULL || gv_record_is_of(&all.records[i], env)) &&
		    at-- == 0) {
			r = take(run, &all.records[i]);
			break;
		}
	gv_records_release(&all);
	return r;
}

/* Whoever can push can make a snapshot of a time to come, and it is the newest
 * in every fresh clone until then. The newest of those till now is drilled, if
 * there is any: else the clock of this machine is wrong. 0; a failure. */
static int
pass_over(struct gv_drill_run *run, struct gv_record *rec)
{
	struct gv_record other;
	char time[GV_TIME_MAX];
	const char *text;
	int r;

	gv_time_rfc3339(time, run->now + GV_DRILL_SKEW);
	if ((text = gv_drill_text(run->drill, "at:%s", time)) == NULL ||
	    (run->passed_over = gv_drill_text(run->drill, "%s", rec->id)) ==
		NULL)
		return GV_ENOMEM;
	r = gv_record_resolve(&other, run->repo,
	    &(struct gv_record_query){ .text = text, .own_first = true });
	if (r == GV_ENOTFOUND) {
		run->passed_over = NULL;
		return 0;
	}
	if (r < 0)
		return r;
	gv_record_release(rec);
	*rec = other;
	return 0;
}

int
gv_drill_choose(struct gv_drill_run *run)
{
	const char *expression = run->opts->snapshot;
	struct gv_record rec;
	int r;

	if (run->opts->is_random)
		return take_any(run);
	/* by default what was known to be good, else the newest */
	if (expression == NULL)
		expression = run->opts->env
		    ? gv_drill_text(run->drill, "good:%s", run->opts->env)
		    : "latest";
	if (expression == NULL)
		return GV_ENOMEM;
	if ((r = gv_record_resolve(&rec, run->repo,
		 &(struct gv_record_query){ .text = expression })) < 0)
		return r;
	if (run->opts->snapshot == NULL && run->opts->env == NULL &&
	    rec.time > run->now + GV_DRILL_SKEW)
		r = pass_over(run, &rec);
	if (r == 0)
		r = take(run, &rec);
	gv_record_release(&rec);
	return r;
}
