#include "drift/drift_when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/link.h"
#include "object/repo_odb.h"
#include "record/record_resolve.h"
#include "record/record_time.h"
#include "repo/repo.h"
#include "sys/proc.h"

static void
take_snapshot(struct gv_drift_when *out, const struct gv_record *rec)
{
	out->tree = rec->tree;
	out->time = rec->time;
	snprintf(out->name, sizeof(out->name), "%s", rec->id);
}

static int
take_commit(struct gv_drift_when *out, struct gv_repo *repo,
    const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT)) < 0)
		return r;
	if (!gv_link_tree(&out->tree, &obj) || !gv_link_time(&out->time, &obj))
		r = gv_err(GV_ECORRUPT, "its commit names no tree or time");
	gv_object_release(&obj);
	gv_oid_format(hex, commit);
	out->is_commit = true;
	snprintf(out->name, sizeof(out->name), "%s", hex);
	return r;
}

/* The newest commit of HEAD that is not after a time; GV_ENOTFOUND: none. */
static int
find_commit(struct gv_oid *out, const struct gv_repo *repo, int64_t time)
{
	char head[GV_OID_HEX + 1], until[40];
	const char *argv[] = { "git", "rev-list", "--first-parent",
		"--max-count=1", until, head, NULL };
	struct gv_buf dir = GV_BUF_INIT;
	const char *env[] = { NULL, NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r;

	if (gv_oid_is_zero(&repo->head))
		return GV_ENOTFOUND;
	gv_oid_format(head, &repo->head);
	snprintf(until, sizeof(until), "--min-age=%" PRId64, time);
	gv_buf_addf(&dir, "GIT_DIR=%s", repo->git_dir);
	if ((r = gv_buf_check(&dir)) < 0)
		goto out;
	env[0] = dir.p;
	if ((r = gv_proc_run(
		 &git, &(struct gv_proc_opts){ .argv = argv, .env = env })) < 0)
		goto out;
	if (git.status)
		r = gv_err(GV_ERROR, "git rev-list: %s", gv_proc_why(&git));
	else if (git.out.len < GV_OID_HEX || gv_oid_parse(out, git.out.p) < 0)
		r = GV_ENOTFOUND;
out:
	gv_proc_release(&git);
	gv_buf_release(&dir);
	return r;
}

/* A date. */
static int
find_time(struct gv_drift_when *out, struct gv_repo *repo, const char *text)
{
	struct gv_record_query query = { .deleted = true };
	struct gv_record rec = { .n_tags = 0 };
	struct gv_buf at = GV_BUF_INIT;
	struct gv_oid commit;
	int64_t time;
	int r;

	if ((r = gv_record_time(&time, text)) < 0)
		return r;
	gv_buf_addf(&at, "at:%s", text);
	query.text = at.p;
	if ((r = gv_buf_check(&at)) == 0 &&
	    (r = gv_record_resolve(&rec, repo, &query)) == 0) {
		take_snapshot(out, &rec);
		gv_record_release(&rec);
	} else if (r == GV_ENOTFOUND) {
		if ((r = find_commit(&commit, repo, time)) == 0)
			r = take_commit(out, repo, &commit);
		else if (r == GV_ENOTFOUND)
			r = gv_err(GV_ENOTFOUND,
			    "neither a snapshot nor a commit of HEAD is as old "
			    "as '%s'",
			    text);
		out->time = time;
	}
	gv_buf_release(&at);
	return r;
}

int
gv_drift_when(struct gv_drift_when *out, struct gv_repo *repo, const char *text)
{
	struct gv_record rec = { .n_tags = 0 };
	struct gv_oid commit;
	char *first;
	int r, t;

	memset(out, 0, sizeof(*out));
	r = gv_record_resolve(&rec, repo,
	    &(struct gv_record_query){
		.text = text, .deleted = true, .commit = &commit });
	if (r == GV_ENOTFOUND || r == GV_EREFUSED) {
		first = gv_err_save();
		t = find_time(out, repo, text);
		if (t != GV_EREFUSED)
			return gv_err_settle(t, first);
		/* what is no date either is an unknown snapshot */
		gv_err_restore(first);
		return r;
	}
	if (r == 0)
		take_snapshot(out, &rec);
	else if (r > 0)
		r = take_commit(out, repo, &commit);
	gv_record_release(&rec);
	return r;
}
