#include "job/job_report.h"

#include <string.h>

#include "audit/report.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "format/canon.h"
#include "policy/disclosure.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/env.h"

static void
put_parts(struct gv_canon *c, const struct gv_job_run *run)
{
	size_t i;

	gv_canon_list(c, "components");
	for (i = 0; i < run->n_parts; i++) {
		const struct gv_job_part *p = &run->parts[i];

		gv_canon_map(c, NULL);
		gv_canon_number(c, "bytes", p->bytes);
		gv_canon_text(c, "environment", p->env);
		gv_canon_text(c, "name", p->name);
		gv_canon_text(c, "reason", p->reason);
		gv_canon_text(c, "status", gv_job_statuses[p->status]);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

/* What was added, in percent of what the run is about. */
static void
put_ratio(struct gv_canon *c, const struct gv_job_run *run)
{
	if (run->has_size && run->bytes)
		gv_canon_number(c, "ratio_percent",
		    (uint64_t)((double)run->stored * 100 / (double)run->bytes));
	else
		gv_canon_null(c, "ratio_percent");
}

static void
put_count(struct gv_canon *c, const char *key, bool has, uint64_t n)
{
	if (has)
		gv_canon_number(c, key, n);
	else
		gv_canon_null(c, key);
}

int
gv_job_report_text(
    struct gv_buf *out, const struct gv_job_run *run, const char *host)
{
	const int64_t took = run->ended - run->begun;
	struct gv_canon c = { .out = out };

	gv_canon_map(&c, NULL);
	gv_canon_number(&c, "attempts", run->attempts);
	gv_canon_time(&c, "begin_time", run->begun);
	put_count(&c, "bytes", run->has_size, run->bytes);
	gv_canon_bool(&c, "canceled", run->is_canceled);
	gv_canon_text(&c, "checksum", run->checksum);
	put_parts(&c, run);
	gv_canon_time(&c, "end_time", run->ended);
	gv_canon_text(&c, "environment", run->env);
	gv_canon_number(&c, "exit", run->exit < 0 ? 128 : (uint64_t)run->exit);
	gv_canon_text(&c, "host", host);
	gv_canon_text(&c, "id", run->id);
	gv_canon_text(&c, "job", run->job);
	gv_canon_text(&c, "kind", run->what);
	gv_canon_text(&c, "location", run->location);
	put_ratio(&c, run);
	gv_canon_text(&c, "reason", run->reason);
	gv_canon_number(&c, "schema", 1);
	gv_canon_number(&c, "seconds", took < 0 ? 0 : (uint64_t)took);
	gv_canon_text(&c, "status", gv_job_statuses[run->status]);
	put_count(&c, "stored_bytes", run->has_size, run->stored);
	gv_canon_text(&c, "trigger", run->job ? "schedule" : "manual");
	gv_canon_end(&c);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

int
gv_job_report_hide(
    struct gv_job_run *run, struct gv_arena *arena, struct gv_repo *repo)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (run->reason == NULL)
		return 0;
	if ((r = gv_disclosure_line(
		 &text, &d, run->reason, strcspn(run->reason, "\n"))) == 0 &&
	    (r = gv_buf_check(&text)) == 0 &&
	    (run->reason = gv_arena_copy(arena, text.p, text.len)) == NULL)
		r = GV_ENOMEM;
	gv_disclosure_release(&d);
	gv_buf_release(&text);
	return r;
}

int
gv_job_report_write(struct gv_repo *repo, const struct gv_job_run *run)
{
	struct gv_buf text = GV_BUF_INIT;
	char host[256];
	int r;

	gv_env_host(host, sizeof(host));
	if ((r = gv_job_report_text(&text, run, host)) == 0) {
		const struct gv_report_file files[] = {
			{ "report.json", text.p, text.len },
		};

		r = gv_report_write(
		    repo, GV_REFS_RUNS, run->id, files, 1, run->ended);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_job_report_prune(
    size_t *gone, struct gv_repo *repo, int64_t now, bool only_counts)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_RUNS);

	*gone = 0;
	for (i = 0; r == 0 && i < refs.n; i++)
		if (gv_report_is_old(refs.refs[i].name, now)) {
			gv_ref_delete(
			    &tx, refs.refs[i].name, &refs.refs[i].oid);
			++*gone;
		}
	if (r == 0 && *gone && !only_counts)
		r = gv_ref_commit(&tx, repo);
	gv_ref_tx_release(&tx);
	gv_refs_release(&refs);
	return r;
}
