#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "base/err.h"
#include "base/time.h"
#include "health/health_internal.h"
#include "job/job_report.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"

#define REPORT ((size_t)64 * 1024) /* bytes of one, at most */

/* ---- jobs ---------------------------------------------------------------- */

int
gv_health_load_jobs(struct gv_health *h, struct gv_repo *repo)
{
	h->counts = gv_job_state_exists(repo);
	return gv_job_list_load(&h->jobs, repo, h->now, gv_clock_zone);
}

/* ---- reports ------------------------------------------------------------- */

/* Of the name that tells when it was made. */
static bool
is_recent(const struct gv_health *h, const char *ref)
{
	const char *id = ref + strlen(GV_REFS_RUNS);
	int64_t time;

	return strlen(id) == GV_JOB_ID_LEN &&
	    gv_time_parse_compact(&time, id) == 0 &&
	    h->now - time < GV_HEALTH_DAYS * GV_HEALTH_DAY;
}

/* Read one, behind those that are there. 0; GV_ENOMEM, GV_ECANCELED; others
 * where it cannot be read. */
static int
read_one(struct gv_health *h, struct gv_odb *odb, struct gv_buf *text,
    const struct gv_ref *ref)
{
	struct gv_job_run *run = &h->runs[h->n_runs];
	int r;

	gv_buf_reset(text);
	if ((r = gv_report_load(text, odb, &ref->oid, "report.json", REPORT)) <
		0 ||
	    (r = gv_job_report_parse(run, &h->arena, text->p, text->len)) < 0)
		return r;
	/* the clock of another host may be ahead */
	if (run->ended > h->now)
		return 0;
	memcpy(run->id, ref->name + strlen(GV_REFS_RUNS), GV_JOB_ID_LEN + 1);
	h->n_runs++;
	return 0;
}

static int
read_all(struct gv_health *h, struct gv_odb *odb, const struct gv_refs *refs)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, bad = 0;
	int r = 0;

	for (i = refs->n; i > 0 && is_recent(h, refs->refs[i - 1].name); i--) {
		if (h->n_runs + bad == GV_HEALTH_RUNS) {
			h->left_out++;
			continue;
		}
		r = read_one(h, odb, &text, &refs->refs[i - 1]);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			break;
		bad += r < 0;
		r = 0;
	}
	gv_buf_release(&text);
	if (r == 0 && bad) {
		gv_buf_addf(&h->problems,
		    "runs: %zu report%s of the last %d days cannot be read; "
		    "to look for damage: git vault verify\n",
		    bad, bad == 1 ? "" : "s", GV_HEALTH_DAYS);
		r = gv_buf_check(&h->problems);
	}
	return r;
}

int
gv_health_load_runs(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	struct gv_odb *odb;
	size_t most;
	int r;

	if ((r = gv_ref_list(&refs, repo, GV_REFS_RUNS)) < 0 || refs.n == 0 ||
	    (r = gv_repo_odb(repo, &odb)) < 0)
		goto out;
	most = refs.n < GV_HEALTH_RUNS ? refs.n : GV_HEALTH_RUNS;
	h->runs = gv_arena_alloc(&h->arena, most * sizeof(*h->runs));
	r = h->runs ? read_all(h, odb, &refs) : GV_ENOMEM;
out:
	gv_refs_release(&refs);
	return r;
}
