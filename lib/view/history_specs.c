#include "view/history_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/proc.h"

/*
 * git compares each snapshot with the one before it, the oldest and each of
 * some files only with no files at all, in one run: "FROM TO" a line in, "FROM
 * TO", newline and the changes out. Where it cannot read one it stops behind
 * that line, or passes over it without a line where the very first tree is
 * missing; so the first without its changes is looked at alone, left out if it
 * is damaged, and git is asked of those behind it: a run each, for what else
 * would be one for each snapshot there is.
 */

#define HEAD_LEN ((size_t)2 * GV_OID_HEX + 2)
#define PATH_AT  98 /* ":mode mode id id X" and a NUL stand before it */

/* How far it is read, from the oldest on. */
struct reading {
	const struct gv_history_job *job;
	struct gv_history_state *states;
	struct gv_history_sum sum;
	size_t left; /* this many are not read, the newest ones */
	size_t full; /* the last of all files; as many as there are: none yet */
	bool *lost;  /* those that cannot be read */
	size_t n_lost;
	bool is_stopped; /* git has told nothing of the next one */
};

static void
start_over(struct reading *rd)
{
	const struct gv_records *all = rd->job->snapshots;
	size_t i;

	memset(rd->states, 0, all->n * sizeof(*rd->states));
	gv_history_sum_release(&rd->sum);
	rd->sum = (struct gv_history_sum)GV_HISTORY_SUM_INIT;
	for (i = 0; i < all->n; i++)
		rd->sum.keeps |= all->records[i].only != NULL;
	rd->left = rd->full = all->n;
}

/* What git compares with the next snapshot of all files. */
static const struct gv_oid *
base_of(const struct reading *rd)
{
	const struct gv_records *all = rd->job->snapshots;

	return rd->full < all->n ? &all->records[rd->full].tree
				 : &gv_oid_empty_tree;
}

/* The lines for those that are left. */
static int
write_pairs(struct gv_buf *in, const struct reading *rd)
{
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1], none[GV_OID_HEX + 1];
	size_t i;

	gv_oid_format(from, base_of(rd));
	gv_oid_format(none, &gv_oid_empty_tree);
	for (i = rd->left; i-- > 0;) {
		const struct gv_record *rec = &rd->job->snapshots->records[i];
		const char *base = rec->only ? none : from;

		if (rd->lost[i])
			continue;
		gv_oid_format(to, &rec->tree);
		if (strcmp(base, to) != 0)
			gv_buf_addf(in, "%s %s\n", base, to);
		if (!rec->only)
			memcpy(from, to, sizeof(from));
	}
	return gv_buf_check(in);
}

static int
ask(struct gv_proc *p, const struct reading *rd)
{
	enum { FIXED = 10 };
	const char *fixed[FIXED] = { "git", "diff-tree", "--stdin", "-r", "-z",
		"--no-abbrev", "--no-renames", "--no-relative",
		"--ignore-submodules=none", "--" };
	const char *const *paths = rd->job->opts->paths;
	const char **argv;
	struct gv_buf in = GV_BUF_INIT;
	size_t n = 0;
	int r;

	while (paths[n])
		n++;
	argv = calloc(FIXED + n + 1, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, fixed, sizeof(fixed));
	memcpy(argv + FIXED, paths, n * sizeof(*argv));
	if ((r = write_pairs(&in, rd)) == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){
			.argv = argv, .in = in.p, .in_len = in.len });
	gv_buf_release(&in);
	free(argv);
	return r;
}

static int
broken(void)
{
	return gv_err(GV_ECORRUPT,
	    "git diff-tree printed unexpected output; is git-vault older than "
	    "this git?");
}

/* One change, at *p. */
static int
take_change(
    struct gv_history_sum *sum, bool only, const char **p, const char *end)
{
	const char *line = *p, *path = line + PATH_AT + 1, *nul;

	if (end - line <= PATH_AT + 1 || path[-1] != '\0')
		return broken();
	nul = memchr(path, '\0', (size_t)(end - path));
	if (nul == NULL)
		return broken();
	*p = nul + 1;
	return only ? gv_history_sum_over(sum, line, path)
		    : gv_history_sum_change(sum, line, path);
}

/* What git printed of one snapshot. */
static int
take_one(struct gv_history_state *state, struct gv_history_sum *sum,
    const struct gv_record *rec, const char **p, const char *end)
{
	bool any = false;
	int r = rec->only ? 0 : gv_history_sum_settle(sum);

	while (r == 0 && *p < end && **p == ':') {
		r = take_change(sum, rec->only != NULL, p, end);
		any = true;
	}
	state->known = rec->only == NULL || any;
	state->there = sum->files > 0;
	state->files = sum->files;
	state->key = state->oid = sum->oid;
	return r;
}

/* The line before a snapshot's changes, at *p; behind the last one a git that
 * failed would have told more. */
static int
take_head(struct reading *rd, const struct gv_oid *tree, const char **p,
    const char *end, bool has_failed)
{
	char expected[GV_OID_HEX + 1];

	gv_oid_format(expected, tree);
	if ((size_t)(end - *p) < HEAD_LEN ||
	    memcmp(*p + GV_OID_HEX + 1, expected, GV_OID_HEX) != 0 ||
	    (has_failed && *p + HEAD_LEN == end)) {
		rd->is_stopped = true;
		return broken();
	}
	*p += HEAD_LEN;
	return 0;
}

static int
take_all(struct reading *rd, const char *p, const char *end, bool has_failed)
{
	const struct gv_oid *from;
	int r = 0;

	for (; r == 0 && rd->left; rd->left -= r == 0) {
		const size_t i = rd->left - 1;
		const struct gv_record *rec = &rd->job->snapshots->records[i];

		if (rd->lost[i])
			continue;
		from = rec->only ? &gv_oid_empty_tree : base_of(rd);
		if (!gv_oid_equal(from, &rec->tree))
			r = take_head(rd, &rec->tree, &p, end, has_failed);
		if (r == 0)
			r = take_one(&rd->states[i], &rd->sum, rec, &p, end);
		if (r == 0 && !rec->only)
			rd->full = i;
	}
	return r;
}

static int
look(struct reading *rd)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = ask(&p, rd);

	rd->is_stopped = false;
	if (r == 0)
		r = take_all(rd, p.out.p, p.out.p + p.out.len, p.status != 0);
	if ((r == 0 || r == GV_ECORRUPT) && p.status)
		r = gv_err(GV_ERROR, "git cannot compare the snapshots: %s",
		    gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

/* Have git look at one tree alone. 0; GV_ECORRUPT with its words where it
 * cannot; a failure. */
static int
try_tree(const struct gv_history_job *job, const struct gv_oid *tree)
{
	enum { FIXED = 8 };
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];
	const char *fixed[FIXED] = { "git", "diff-tree", "-r", "--name-only",
		"--no-relative", from, to, "--" };
	const char **argv;
	struct gv_proc p = GV_PROC_INIT;
	size_t n = 0;
	int r;

	while (job->opts->paths[n])
		n++;
	argv = calloc(FIXED + n + 1, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, fixed, sizeof(fixed));
	memcpy(argv + FIXED, job->opts->paths, n * sizeof(*argv));
	gv_oid_format(from, &gv_oid_empty_tree);
	gv_oid_format(to, tree);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ECORRUPT, "git cannot read it: %s", gv_proc_why(&p));
	gv_proc_release(&p);
	free(argv);
	return r;
}

/* Whether git cannot read a snapshot: 1, which is reported; 0; a failure. */
static int
judge(struct reading *rd, size_t i)
{
	int r = try_tree(rd->job, &rd->job->snapshots->records[i].tree);

	if (r != GV_ECORRUPT)
		return r;
	rd->lost[i] = true;
	rd->n_lost++;
	r = gv_history_miss(rd->job, i, r);
	return r < 0 ? r : 1;
}

/* Leave out the one at which git stopped. 1; 0 where it can be read, and so
 * can what it is compared with, whose objects could be gone by now; a
 * failure. */
static int
leave_out(struct reading *rd)
{
	const struct gv_records *all = rd->job->snapshots;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	/* the pathspecs themselves */
	if (rd->n_lost == 0 && try_tree(rd->job, &gv_oid_empty_tree) < 0)
		return 0;
	r = judge(rd, rd->left - 1);
	if (r != 0 || all->records[rd->left - 1].only || rd->full == all->n)
		return r;
	r = judge(rd, rd->full);
	if (r > 0)
		start_over(rd);
	return r;
}

/* Behind a failure: 0 where it is good to ask again, else the result. */
static int
go_on(struct reading *rd, int failure)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (!rd->is_stopped)
		return failure;
	gv_buf_addstr(&why, gv_err_message());
	if ((r = gv_buf_check(&why)) == 0 && (r = leave_out(rd)) == 0) {
		gv_err_set_message(why.p);
		r = failure;
	}
	gv_buf_release(&why);
	return r < 0 ? r : 0;
}

int
gv_history_of_specs(
    struct gv_history_state *states, const struct gv_history_job *job)
{
	struct reading rd = { .job = job,
		.states = states,
		.sum = GV_HISTORY_SUM_INIT,
		.left = job->snapshots->n };
	int r;

	rd.lost = calloc(job->snapshots->n + 1, sizeof(*rd.lost));
	if (rd.lost == NULL)
		return gv_err_nomem();
	start_over(&rd);
	do {
		r = look(&rd);
		if (r < 0)
			r = go_on(&rd, r);
	} while (r == 0 && rd.left);
	gv_history_sum_release(&rd.sum);
	free(rd.lost);
	return r;
}
