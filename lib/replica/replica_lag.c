#include "replica/replica_lag.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "replica/replica_memory.h"
#include "replica/replica_refs.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* A snapshot's id begins with the second that it was taken in. */
static int64_t
taken(const char *ref)
{
	const char *id = ref + strlen(GV_REFS_SNAPSHOTS);
	int64_t time;

	return strlen(id) > 16 && gv_time_parse_compact(&time, id) == 0 ? time
									: 0;
}

static void
find_oldest(struct gv_replica_lag *out,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after, int64_t now)
{
	int64_t oldest = 0, time;
	size_t i;

	for (i = 0; i < after->n_refs; i++) {
		const char *name = after->refs[i].name;

		if (!gv_replica_refs_is_snapshot(name) ||
		    gv_replica_manifest_ref(before, name))
			continue;
		time = taken(name);
		if (time && (oldest == 0 || time < oldest))
			oldest = time;
	}
	out->behind = oldest && now > oldest ? now - oldest : 0;
}

static int
add_revisions(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *diff)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (r < 0)
		return r;
	for (i = 0; i < diff->n_refs; i++) {
		gv_oid_format(hex, &diff->refs[i].id);
		if (!gv_oid_is_zero(&diff->refs[i].id))
			gv_buf_addf(out, "%s\n", hex);
	}
	if (out->len == 0)
		return 0;
	for (i = 0; i < before->n_refs; i++) {
		if (!gv_odb_has(odb, &before->refs[i].id))
			continue;
		gv_oid_format(hex, &before->refs[i].id);
		gv_buf_addf(out, "^%s\n", hex);
	}
	return gv_buf_check(out);
}

/* What git would pack: as large as it is stored here. */
static int
measure(struct gv_replica_lag *out, struct gv_repo *repo,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *diff)
{
	static const char *const argv[] = { "git", "rev-list", "--disk-usage",
		"--objects", "--stdin", NULL };
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = add_revisions(&in, repo, before, diff);

	if (r == 0 && in.len) {
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){
			.argv = argv, .in = in.p, .in_len = in.len });
		if (r == 0 && p.status)
			r = gv_err(GV_ERROR,
			    "git cannot measure what is new: %s",
			    gv_proc_why(&p));
		if (r == 0)
			out->bytes = strtoull(p.out.p, NULL, 10);
	}
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

static int
compare(struct gv_replica_lag *out, const struct gv_replica_manifest *before,
    const struct gv_replica_lag_of *of)
{
	struct gv_replica_manifest after = GV_REPLICA_MANIFEST_INIT,
				   diff = GV_REPLICA_MANIFEST_INIT;
	int r;

	if ((r = gv_replica_refs_load(&after, NULL, of->repo)) < 0 ||
	    (r = gv_replica_manifest_diff(&diff, before, &after)) < 0)
		goto out;
	out->refs = gv_replica_refs_news(&diff);
	out->snapshots = gv_replica_refs_new_snapshots(before, &after);
	find_oldest(out, before, &after, of->now);
	if (of->has_bytes && out->refs)
		r = measure(out, of->repo, before, &diff);
out:
	gv_replica_manifest_release(&after);
	gv_replica_manifest_release(&diff);
	return r;
}

int
gv_replica_lag(struct gv_replica_lag *out, struct gv_replica_manifest *before,
    const struct gv_replica_lag_of *of)
{
	struct gv_replica_manifest own = GV_REPLICA_MANIFEST_INIT;
	struct gv_replica_manifest *state = before ? before : &own;
	int r = gv_replica_memory_state(state, of->dir, GV_REPLICA_STATE);

	memset(out, 0, sizeof(*out));
	out->is_known = r == 0;
	out->seq = state->seq;
	if (r == 0 || r == GV_ENOTFOUND)
		r = compare(out, state, of);
	if (before == NULL)
		gv_replica_manifest_release(&own);
	return r;
}
