#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/err.h"
#include "drill/drill.h"
#include "drill/drill_log.h"
#include "env/envmap.h"
#include "evidence/evidence_internal.h"
#include "record/good.h"
#include "record/record.h"
#include "record/record_load.h"

/* ---- rows ---------------------------------------------------------------- */

#define CELLS 32

/* A row of a table; texts are borrowed until it ends. */
struct row {
	struct gv_buf *out;
	const char *cells[CELLS];
	char own[CELLS][GV_TIME_MAX];
	size_t n;
};

static void
add_text(struct row *row, const char *text)
{
	row->cells[row->n++] = text;
}

static void
add_number(struct row *row, int64_t number)
{
	(void)snprintf(row->own[row->n], GV_TIME_MAX, "%" PRId64, number);
	row->cells[row->n] = row->own[row->n];
	row->n++;
}

static void
add_time(struct row *row, int64_t time)
{
	gv_time_rfc3339(row->own[row->n], time);
	row->cells[row->n] = row->own[row->n];
	row->n++;
}

static void
add_oid(struct row *row, const struct gv_oid *id)
{
	if (!gv_oid_is_zero(id)) {
		gv_oid_format(row->own[row->n], id);
		row->cells[row->n] = row->own[row->n];
	}
	row->n++;
}

static void
add_answer(struct row *row, bool yes)
{
	add_text(row, yes ? "yes" : "no");
}

static void
end_row(struct row *row)
{
	gv_csv_add_row(row->out, row->cells, row->n);
	*row = (struct row){ .out = row->out };
}

/* ---- drills -------------------------------------------------------------- */

/* Seconds against a target, which drills of older versions do not tell. */
static void
add_target(struct row *row, int64_t target, int64_t measured)
{
	if (target == 0) {
		add_text(row, NULL);
		add_text(row, NULL);
		return;
	}
	add_number(row, target);
	add_answer(row, measured <= target);
}

static void
add_drill(struct row *row, const struct gv_drill_logged *d, bool counts)
{
	add_text(row, d->id);
	add_time(row, d->time);
	add_text(row, d->env);
	add_text(row, d->snapshot);
	add_text(row, d->result);
	add_text(row, d->cause);
	add_text(row, d->fault);
	add_number(row, d->ms);
	add_target(row, d->rto, d->ms / 1000);
	add_number(row, d->age);
	add_target(row, d->rpo, d->age);
	add_number(row, d->files);
	add_number(row, d->differing);
	add_number(row, d->secrets);
	add_number(row, d->unreadable);
	add_number(row, d->states);
	add_number(row, d->damaged);
	if (d->rto)
		add_number(row, d->sandbox);
	else
		add_text(row, NULL);
	add_text(row, d->host);
	add_text(row, d->actor);
	add_text(row, d->signer);
	add_answer(row, counts);
	add_oid(row, &d->at->entry.commit);
	add_text(row, d->report);
	end_row(row);
}

int
gv_evidence_table_drills(
    struct gv_evidence_run *run, const struct gv_drill_log *log)
{
	struct gv_buf text = GV_BUF_INIT;
	struct row row = { .out = &text };
	bool counts;
	size_t i;
	int r;

	gv_buf_addstr(&text,
	    "drill,time,environment,snapshot,result,cause,fault,milliseconds,"
	    "rto_seconds,rto_met,snapshot_age_seconds,rpo_seconds,rpo_met,"
	    "files,files_differing,secrets,secrets_unreadable,states,"
	    "states_damaged,sandbox,host,actor,signed_by,counts,event,"
	    "report_sha256\r\n");
	for (i = log->n; i-- > 0;) {
		const struct gv_drill_logged *d = &log->items[i];

		if (d->time < run->opts->from)
			continue;
		counts = gv_drill_log_counts(log, d, d->env);
		add_drill(&row, d, counts);
		run->done->drills += counts;
		run->done->failed += counts && strcmp(d->result, "failed") == 0;
	}
	r = gv_evidence_add(run, "drills.csv", &text);
	gv_buf_release(&text);
	return r;
}

/* ---- environments -------------------------------------------------------- */

static int
join(struct gv_buf *out, const struct gv_policy_texts *list)
{
	size_t i;

	gv_buf_reset(out);
	for (i = 0; i < list->n; i++)
		gv_buf_addf(out, "%s%s", i ? " " : "", list->items[i]);
	return gv_buf_check(out);
}

static void
add_passed(struct row *row, const struct gv_drill_state *s, int64_t to)
{
	int64_t taken;

	if (s->passed == NULL) {
		row->n += 6;
		return;
	}
	add_text(row, s->passed->id);
	add_time(row, s->passed->time);
	add_text(row, s->passed->result);
	add_text(row, s->passed->snapshot);
	if (gv_time_parse_compact(&taken, s->passed->snapshot) == 0)
		add_number(row, to > taken ? to - taken : 0);
	else
		add_text(row, NULL);
	add_time(row, s->due);
}

static int
add_environment(struct gv_evidence_run *run, struct row *row,
    const struct gv_drill_log *log, const struct gv_envmap *map,
    const struct gv_envtree_env *env)
{
	const struct gv_policy_env *said =
	    gv_policy_env(&map->policy, env->name);
	const int64_t every = gv_policy_drill_every(&map->policy, env->name);
	struct gv_buf functions = GV_BUF_INIT;
	struct gv_drill_state s;
	int64_t rto, rpo;
	int r;

	if ((said &&
		(r = join(&functions, &said->lists[GV_POLICY_ENV_FUNCTIONS])) <
		    0) ||
	    (r = gv_drill_targets(&rto, &rpo, run->repo, env->name)) < 0)
		goto out;
	gv_drill_log_judge(&s, log, env->name, run->opts->to, every);
	run->done->environments++;
	run->done->overdue += s.is_overdue;
	add_text(row, env->name);
	add_text(row, gv_envtree_tiers[env->tier]);
	add_text(row, functions.len ? functions.p : NULL);
	add_number(row, rto);
	add_number(row, rpo);
	add_number(row, every);
	add_passed(row, &s, run->opts->to);
	add_answer(row, s.is_overdue);
	add_text(row, s.last ? s.last->result : NULL);
	end_row(row);
out:
	gv_buf_release(&functions);
	return r;
}

int
gv_evidence_table_environments(
    struct gv_evidence_run *run, const struct gv_drill_log *log)
{
	const struct gv_envtree_env *const *envs;
	struct gv_buf text = GV_BUF_INIT;
	struct row row = { .out = &text };
	struct gv_envmap *map = NULL;
	size_t n = 0, i;
	int r = gv_envmap_load(&map, run->repo);

	if (r < 0)
		return r;
	gv_buf_addstr(&text,
	    "environment,tier,functions,rto_seconds,rpo_seconds,"
	    "drill_every_seconds,counted_drill,counted_time,"
	    "counted_result,proven_snapshot,"
	    "proven_snapshot_age_seconds,due,overdue,last_result\r\n");
	envs = gv_envtree_list(map->tree, &n);
	for (i = 0; r == 0 && i < n; i++)
		r = add_environment(run, &row, log, map, envs[i]);
	if (r == 0)
		r = gv_evidence_add(run, "environments.csv", &text);
	gv_envmap_free(map);
	gv_buf_release(&text);
	return r;
}

/* ---- snapshots ----------------------------------------------------------- */

static int
add_snapshot(struct row *row, const struct gv_record *rec)
{
	struct gv_buf envs = GV_BUF_INIT;
	const struct gv_policy_texts list = {
		.items = (const char **)rec->environments,
		.n = rec->n_environments
	};
	int r = join(&envs, &list);

	if (r == 0) {
		add_text(row, rec->id);
		add_time(row, rec->time);
		add_text(row, envs.len ? envs.p : NULL);
		add_text(row, rec->trigger);
		add_text(row, rec->host);
		add_text(row, rec->branch);
		add_oid(row, &rec->base);
		add_number(row, (int64_t)rec->files);
		add_number(row, (int64_t)rec->bytes);
		add_number(row, (int64_t)rec->secrets);
		add_number(row, (int64_t)rec->unread);
		add_answer(row, rec->pinned);
		add_oid(row, &rec->commit);
		end_row(row);
	}
	gv_buf_release(&envs);
	return r;
}

int
gv_evidence_table_snapshots(struct gv_evidence_run *run)
{
	struct gv_records all = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT, damaged = GV_BUF_INIT;
	struct row row = { .out = &text };
	size_t i;
	int r = gv_records_load(&all, run->repo, &damaged);

	gv_buf_addstr(&text,
	    "snapshot,time,environments,trigger,host,branch,base_commit,files,"
	    "bytes,secrets,files_unreadable,pinned,commit\r\n");
	for (i = all.n; r == 0 && i-- > 0;) {
		const struct gv_record *rec = &all.records[i];

		if (rec->time < run->opts->from || rec->time > run->opts->to)
			continue;
		r = add_snapshot(&row, rec);
		run->done->snapshots++;
	}
	run->done->damaged += damaged.len > 0;
	if (r == 0)
		r = gv_evidence_add(run, "snapshots.csv", &text);
	gv_records_release(&all);
	gv_buf_release(&text);
	gv_buf_release(&damaged);
	return r;
}

/* ---- known-good records -------------------------------------------------- */

static int
add_document(struct gv_evidence_run *run, const struct gv_good *good)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_addf(&name, "records/%s-%u.json", good->env, good->n);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_evidence_add(run, name.p,
		    good->is_signed ? &good->envelope : &good->statement);
	gv_buf_release(&name);
	return r;
}

static void
add_record(struct row *row, const struct gv_good *good)
{
	const bool counts = good->distrust == NULL && good->revoked == NULL &&
	    good->status == GV_GOOD_VERIFIED;
	size_t i, passed = 0;

	for (i = 0; i < good->n_checks; i++)
		passed += good->checks[i].passed;
	add_text(row, good->env);
	add_number(row, good->n);
	add_time(row, good->time);
	add_text(row, gv_good_statuses[good->status]);
	add_answer(row, counts);
	add_text(row, good->revoked ? good->revoked : good->distrust);
	add_oid(row, &good->code);
	add_text(row, good->snapshot_id);
	add_number(row, (int64_t)good->n_states);
	add_number(row, (int64_t)good->n_checks);
	add_number(row, (int64_t)passed);
	add_text(row, good->actor);
	add_text(row, good->signed_by);
	add_text(row, good->reason);
	end_row(row);
}

int
gv_evidence_table_records(struct gv_evidence_run *run)
{
	struct gv_goods goods = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct row row = { .out = &text };
	size_t i;
	int r = gv_goods_load(&goods, run->repo, NULL);

	gv_buf_addstr(&text,
	    "environment,record,time,status,counts,why_not,commit,snapshot,"
	    "states,checks,checks_passed,actor,signed_by,reason\r\n");
	for (i = 0; r == 0 && i < goods.n; i++) {
		struct gv_good *good = &goods.all[i];

		run->done->damaged += good->damage != NULL;
		if (good->damage || good->time < run->opts->from ||
		    good->time > run->opts->to)
			continue;
		if ((r = gv_good_judge(good, goods.rule, run->repo)) < 0 ||
		    (r = add_document(run, good)) < 0)
			break;
		add_record(&row, good);
		run->done->records++;
	}
	if (r == 0)
		r = gv_evidence_add(run, "records.csv", &text);
	gv_goods_release(&goods);
	gv_buf_release(&text);
	return r;
}
