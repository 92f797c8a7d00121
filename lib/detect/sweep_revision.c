#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/trash.h"
#include "remote/remote_ref.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* Which commits are looked through: a range, what is pushed, all history. */

/* --- from which commits on --- */

static int
compare_tips(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gv_oid));
}

static int
add_tip(struct gv_sweep_private *p, const struct gv_oid *tip)
{
	int r = GV_GROW(p->tips, p->n_tips, p->cap_tips);

	if (r == 0)
		p->tips[p->n_tips++] = *tip;
	return r;
}

/* Add the commits of the project that a snapshot keeps: a branch that was
 * rewritten or deleted may live on only there. Verify reports what cannot be
 * read. */
static int
add_parents(struct gv_sweep_private *p, struct gv_odb *odb,
    const struct gv_oid *snapshot)
{
	static const char parent[] = "parent ";
	const size_t len = sizeof(parent) - 1;
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	const char *at, *end, *lf;
	int r = gv_odb_read_type(odb, &obj, snapshot, GV_OTYPE_COMMIT);

	at = (const char *)obj.data;
	end = r == 0 ? at + obj.len : at;
	for (; r == 0 && at < end && *at != '\n'; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL)
			break;
		if ((size_t)(lf - at) == len + GV_OID_HEX &&
		    memcmp(at, parent, len) == 0 &&
		    gv_oid_parse(&oid, at + len) == 0 && gv_odb_has(odb, &oid))
			r = add_tip(p, &oid);
	}
	gv_object_release(&obj);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
add_trash(struct gv_sweep_private *p, struct gv_odb *odb)
{
	struct gv_trash trash = { .n = 0 };
	size_t i;
	int r = gv_trash_load(&trash, p->opts.repo, NULL);

	for (i = 0; r == 0 && i < trash.n; i++)
		r = add_parents(p, odb, &trash.items[i].commit);
	gv_trash_release(&trash);
	return r;
}

/* The tips to search: all refs of the user, HEAD, and the history that
 * snapshots keep, also those in the trash. The files of snapshots were searched
 * when they were taken. */
static int
find_tips(struct gv_sweep_private *p)
{
	struct gv_refs refs = { 0 };
	struct gv_odb *odb = NULL;
	size_t i, n = 0;
	int r = gv_ref_list(&refs, p->opts.repo, "");

	if (r == 0)
		r = gv_repo_odb(p->opts.repo, &odb);
	for (i = 0; r == 0 && i < refs.n; i++) {
		const struct gv_ref *ref = &refs.refs[i];

		if (!gv_remote_ref_is_ours(&p->opts.repo->config, ref->name))
			r = add_tip(p, &ref->oid);
		else if (strncmp(ref->name, GV_REFS_SNAPSHOTS,
			     strlen(GV_REFS_SNAPSHOTS)) == 0)
			r = add_parents(p, odb, &ref->oid);
	}
	if (r == 0 && (r = add_trash(p, odb)) == 0 &&
	    !gv_oid_is_zero(&p->opts.repo->head))
		r = add_tip(p, &p->opts.repo->head);
	if (p->n_tips)
		qsort(p->tips, p->n_tips, sizeof(*p->tips), compare_tips);
	for (i = 0; i < p->n_tips; i++)
		if (n == 0 || !gv_oid_equal(&p->tips[i], &p->tips[n - 1]))
			p->tips[n++] = p->tips[i];
	p->n_tips = n;
	gv_refs_release(&refs);
	return r;
}

/* For git rev-list --stdin: those, but not what these reach. */
static int
add_revisions(
    struct gv_buf *out, const struct gv_oid *tips, size_t n, const char *sign)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < n; i++) {
		gv_oid_format(hex, &tips[i]);
		gv_buf_addf(out, "%s%s\n", sign, hex);
	}
	return gv_buf_check(out);
}

static bool
has_same_tips(const struct gv_sweep_private *p)
{
	const size_t size = p->n_tips * sizeof(*p->tips);

	if (p->n_tips != p->known.n_tips)
		return false;
	return size == 0 || memcmp(p->tips, p->known.tips, size) == 0;
}

/* Whether all that is known is still history: a branch may have been deleted
 * or rewritten. */
static bool
is_reached(const struct gv_sweep_private *p)
{
	static const char *const argv[] = { "git", "rev-list", "--max-count=1",
		"--stdin", NULL };
	struct gv_proc git = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_INIT;
	bool yes;
	int r = add_revisions(&in, p->known.tips, p->known.n_tips, "");

	if (r == 0 && (r = add_revisions(&in, p->tips, p->n_tips, "^")) == 0)
		r = gv_proc_run(&git,
		    &(struct gv_proc_opts){
			.argv = argv, .in = in.p, .in_len = in.len });
	yes = r == 0 && git.status == 0 && git.out.len == 0;
	gv_proc_release(&git);
	gv_buf_release(&in);
	return yes;
}

/* --- each of them --- */

int
gv_sweep_add_range(struct gv_sweep *sweep, const char *range)
{
	const char *const argv[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--end-of-options", range, "--", NULL };
	const struct gv_buf none = GV_BUF_INIT;

	return gv_sweep_add_commits(sweep, argv, &none, NULL);
}

/* What is pushed comes through standard input, since there is a limit to
 * arguments. */
int
gv_sweep_add_push(struct gv_sweep *sweep, const struct gv_sweep_push *push)
{
	static const char *const front[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--parents", "--boundary", "--ignore-missing",
		"--stdin", "--not" };
	const size_t n_front = sizeof(front) / sizeof(front[0]);
	struct gv_buf in = GV_BUF_INIT;
	const char **argv = NULL;
	size_t cap = 0, n, i;
	int r = add_revisions(&in, push->tips, push->n_tips, "");

	if (r == 0)
		r = add_revisions(&in, push->known, push->n_known, "^");
	if (r == 0 && push->revisions) {
		gv_buf_add(&in, push->revisions->p, push->revisions->len);
		r = gv_buf_check(&in);
	}
	for (n = 0; push->had[n]; n++)
		;
	if (r < 0 ||
	    (r = gv_vec_grow(
		 (void **)&argv, &cap, n_front + n + 1, sizeof(*argv))) < 0)
		goto out;
	for (i = 0; i < n_front; i++)
		argv[i] = front[i];
	for (i = 0; i <= n; i++)
		argv[n_front + i] = push->had[i];
	r = gv_sweep_add_commits(sweep, in.len ? argv : NULL, &in, push);
out:
	free(argv);
	gv_buf_release(&in);
	return r;
}

int
gv_sweep_add_revisions(
    struct gv_sweep *sweep, const struct gv_buf *revisions, unsigned max)
{
	char most[sizeof("--max-count=") + 12];
	const char *const argv[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--ignore-missing", "--stdin", max ? most : NULL,
		NULL };

	(void)snprintf(most, sizeof(most), "--max-count=%u", max);
	return gv_sweep_add_commits(sweep, argv, revisions, NULL);
}

int
gv_sweep_add_history(struct gv_sweep *sweep)
{
	static const char *const argv[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--stdin", NULL };
	struct gv_sweep_private *p = sweep->private;
	struct gv_buf in = GV_BUF_INIT;
	bool is_same;
	int r = find_tips(p);

	if (r == 0)
		r = gv_sweep_load_known(sweep);
	is_same = p->has_known && has_same_tips(p);
	if (r < 0)
		goto out;
	if (p->has_known && !is_same && !is_reached(p))
		gv_sweep_forget_known(sweep);
	if ((r = add_revisions(&in, p->tips, p->n_tips, "")) < 0)
		goto out;
	if (p->has_known &&
	    (r = add_revisions(&in, p->known.tips, p->known.n_tips, "^")) < 0)
		goto out;
	r = gv_sweep_add_commits(sweep, is_same ? NULL : argv, &in, NULL);
out:
	if (is_same)
		p->remembers = false; /* nothing is new */
	gv_buf_release(&in);
	return r;
}
