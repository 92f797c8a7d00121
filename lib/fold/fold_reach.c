#include "fold/fold_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/proc.h"

/* git is asked, since it knows what its own gc keeps: refs and HEADs of all
 * worktrees, their reflogs and their indexes. */
static const char *const argv_all[] = { "git", "rev-list", "--objects",
	"--no-object-names", "--all", "--reflog", "--indexed-objects",
	"--ignore-missing", "--stdin", NULL };

/* What is promised need not be here. */
static const char *const argv_partial[] = { "git", "rev-list", "--objects",
	"--no-object-names", "--all", "--reflog", "--indexed-objects",
	"--ignore-missing", "--missing=allow-any", "--stdin", NULL };

/* The index of the working tree is asked, whichever one a hook or a script has
 * in its place just now; what that one holds is added to the strays. */
static const char *const env[] = { "LC_ALL=C", "GIT_INDEX_FILE", NULL };

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, GV_OID_RAW);
}

/* Lines of "mode id stage", a tab and the path. */
static void
add_entries(struct gv_buf *out, struct gv_fold_run *run, const char *p)
{
	struct gv_oid id;
	size_t n;

	for (; *p; p += n + (p[n] == '\n')) {
		const char *sp = strchr(p, ' ');

		n = strcspn(p, "\n");
		if (sp == NULL || sp > p + n || gv_oid_parse(&id, sp + 1) < 0 ||
		    !gv_odb_has(run->odb, &id))
			continue;
		gv_buf_add(out, sp + 1, GV_OID_HEX);
		gv_buf_addch(out, '\n');
	}
}

static int
add_given_index(struct gv_buf *out, struct gv_fold_run *run)
{
	static const char *const argv[] = { "git", "ls-files", "-s", ":/",
		NULL };
	/* ":/" is all of it, whatever the user's pathspecs are to be */
	static const char *const plain[] = { "GIT_LITERAL_PATHSPECS=0", NULL };
	const char *file = gv_env_get("GIT_INDEX_FILE");
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (file == NULL || *file == '\0')
		return 0;
	r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .env = plain });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR,
		    "cannot tell which objects are needed, so nothing is "
		    "deleted: git ls-files: %s",
		    gv_proc_why(&p));
		goto out;
	}
	add_entries(out, run, p.out.p);
out:
	gv_proc_release(&p);
	return r;
}

/* Strays first, a line each: they are git's input as well. */
static int
load_tips(struct gv_buf *out, size_t *strays, struct gv_fold_run *run)
{
	struct gv_refs refs = { 0 };
	int r = gv_fold_stray(out, run->repo);
	char hex[GV_OID_HEX + 1];
	size_t i;

	if (r == 0)
		r = add_given_index(out, run);
	*strays = out->len;
	if (r == 0)
		r = gv_ref_list(&refs, run->repo, "");
	for (i = 0; r == 0 && i < refs.n; i++) {
		gv_oid_format(hex, &refs.refs[i].oid);
		gv_buf_addf(out, "%s %s\n", hex, refs.refs[i].name);
	}
	gv_refs_release(&refs);
	return r < 0 ? r : gv_buf_check(out);
}

static int
parse(struct gv_fold_reach *out, const struct gv_buf *text)
{
	const char *p = text->p, *end = text->p + text->len;
	int r = gv_vec_grow((void **)&out->ids, &out->cap,
	    text->len / (GV_OID_HEX + 1) + 1, sizeof(*out->ids));

	for (; r == 0 && p < end; p += GV_OID_HEX + 1) {
		/* "?<id>" would be a missing one, which nobody asked for */
		if (end - p < GV_OID_HEX + 1 || p[GV_OID_HEX] != '\n' ||
		    gv_oid_parse(&out->ids[out->n++], p) < 0)
			r = gv_err(GV_ERROR,
			    "git rev-list printed something other than an "
			    "object: %.60s",
			    p);
	}
	if (r == 0 && out->n)
		qsort(out->ids, out->n, sizeof(*out->ids), compare);
	return r;
}

/* git gives a working tree that it adds a HEAD of noughts at first. */
static int
tell_failed(struct gv_proc *p)
{
	const char *why = gv_proc_why(p);

	if (strstr(why, "bad object worktrees/") == NULL)
		return gv_err(GV_ERROR,
		    "cannot tell which objects are needed, so nothing is "
		    "deleted: git rev-list: %s",
		    why);
	return gv_err(GV_ELOCKED,
	    "cannot tell which objects are needed, so nothing is deleted: git "
	    "rev-list: %s; if git is adding or removing a working tree, try "
	    "again when it is done, else remove the remains of one (git "
	    "worktree list, git worktree remove --force)",
	    why);
}

int
gv_fold_reach_load(struct gv_fold_reach *out, struct gv_fold_run *run)
{
	struct gv_proc p = GV_PROC_INIT;
	size_t strays;
	int r;

	memset(out, 0, sizeof(*out));
	out->tips = (struct gv_buf)GV_BUF_INIT;
	r = load_tips(&out->tips, &strays, run);
	if (r < 0)
		return r;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = run->repo->partial ? argv_partial : argv_all,
		.env = env,
		.in = out->tips.p,
		.in_len = strays });
	if (r < 0)
		goto out;
	if (p.status && (r = tell_failed(&p)) < 0)
		goto out;
	r = parse(out, &p.out);
out:
	gv_proc_release(&p);
	return r;
}

bool
gv_fold_reach_has(const struct gv_fold_reach *reach, const struct gv_oid *id)
{
	return reach->n &&
	    bsearch(id, reach->ids, reach->n, sizeof(*reach->ids), compare);
}

int
gv_fold_reach_is_same(
    const struct gv_fold_reach *reach, struct gv_fold_run *run)
{
	struct gv_buf tips = GV_BUF_INIT;
	size_t strays;
	int r = load_tips(&tips, &strays, run);

	if (r == 0)
		r = gv_buf_equal(&tips, &reach->tips);
	gv_buf_release(&tips);
	return r;
}

void
gv_fold_reach_release(struct gv_fold_reach *reach)
{
	free(reach->ids);
	gv_buf_release(&reach->tips);
	memset(reach, 0, sizeof(*reach));
}
