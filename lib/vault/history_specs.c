#include "vault/history_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/proc.h"

/*
 * git compares each snapshot with the one before it, the oldest and each of
 * some files only with no files at all, in one run: "FROM TO" a line in, "FROM
 * TO", newline and the changes out.
 */

#define HEAD_LEN ((size_t)2 * GV_OID_HEX + 2)
#define PATH_AT  98 /* ":mode mode id id X" and a NUL stand before it */

/* Without those that are `lost`. */
static int
ask(struct gv_proc *p, const struct gv_history_job *job, const bool *lost)
{
	enum { FIXED = 10 };
	const char *fixed[FIXED] = { "git", "diff-tree", "--stdin", "-r", "-z",
		"--no-abbrev", "--no-renames", "--no-relative",
		"--ignore-submodules=none", "--" };
	const char *const *paths = job->opts->paths;
	const char **argv;
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1], none[GV_OID_HEX + 1];
	struct gv_buf in = GV_BUF_INIT;
	size_t n = 0, i;
	int r;

	while (paths[n])
		n++;
	argv = calloc(FIXED + n + 1, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, fixed, sizeof(fixed));
	memcpy(argv + FIXED, paths, n * sizeof(*argv));
	gv_oid_format(from, &gv_oid_empty_tree);
	gv_oid_format(none, &gv_oid_empty_tree);
	for (i = job->snapshots->n; i-- > 0;) {
		const struct gv_record *rec = &job->snapshots->records[i];
		const char *base = rec->only ? none : from;

		if (lost[i])
			continue;
		gv_oid_format(to, &rec->tree);
		if (strcmp(base, to) != 0)
			gv_buf_addf(&in, "%s %s\n", base, to);
		if (!rec->only)
			memcpy(from, to, sizeof(from));
	}
	r = gv_buf_check(&in);
	if (r == 0)
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
	    "git diff-tree printed what is no list of changes; is git-vault "
	    "older than this git?");
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

/* The line before a snapshot's changes, at *p. */
static int
take_head(const struct gv_oid *tree, const char **p, const char *end)
{
	char expected[GV_OID_HEX + 1];

	gv_oid_format(expected, tree);
	if ((size_t)(end - *p) < HEAD_LEN ||
	    memcmp(*p + GV_OID_HEX + 1, expected, GV_OID_HEX) != 0)
		return broken();
	*p += HEAD_LEN;
	return 0;
}

static int
take_all(struct gv_history_state *states, const struct gv_history_job *job,
    const bool *lost, const char *p, const char *end)
{
	struct gv_history_sum sum = GV_HISTORY_SUM_INIT;
	const struct gv_oid *full = &gv_oid_empty_tree, *from;
	size_t i;
	int r = 0;

	for (i = 0; i < job->snapshots->n; i++)
		sum.keeps |= job->snapshots->records[i].only != NULL;
	for (i = job->snapshots->n; r == 0 && i-- > 0;) {
		const struct gv_record *rec = &job->snapshots->records[i];

		if (lost[i])
			continue;
		from = rec->only ? &gv_oid_empty_tree : full;
		if (!gv_oid_equal(from, &rec->tree))
			r = take_head(&rec->tree, &p, end);
		if (r == 0)
			r = take_one(&states[i], &sum, rec, &p, end);
		if (!rec->only)
			full = &rec->tree;
	}
	gv_history_sum_release(&sum);
	return r;
}

static int
look(struct gv_history_state *states, const struct gv_history_job *job,
    const bool *lost)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = ask(&p, job, lost);

	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot compare the snapshots: %s",
		    gv_proc_why(&p));
	if (r == 0)
		r = take_all(states, job, lost, p.out.p, p.out.p + p.out.len);
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

/* Which snapshots git cannot read, after it has failed on all together, for it
 * stops at the first: how many, or a failure. */
static int
find_lost(bool *lost, const struct gv_history_job *job)
{
	const struct gv_record *records = job->snapshots->records;
	size_t i;
	int n = 0, r = try_tree(job, &gv_oid_empty_tree);

	if (r < 0) /* the pathspecs themselves */
		return 0;
	for (i = 0; r == 0 && i < job->snapshots->n; i++) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		r = try_tree(job, &records[i].tree);
		if (r != GV_ECORRUPT)
			continue;
		lost[i] = true;
		n++;
		r = gv_history_miss(job, i, r);
	}
	return r < 0 ? r : n;
}

int
gv_history_of_specs(
    struct gv_history_state *states, const struct gv_history_job *job)
{
	bool *lost = calloc(job->snapshots->n + 1, sizeof(*lost));
	struct gv_buf why = GV_BUF_INIT;
	int r = lost ? look(states, job, lost) : gv_err_nomem(), n;

	if (r != GV_ERROR && r != GV_ECORRUPT)
		goto out;
	gv_buf_addstr(&why, gv_err_message());
	n = gv_buf_check(&why);
	if (n == 0)
		n = find_lost(lost, job);
	if (n > 0) {
		memset(states, 0, job->snapshots->n * sizeof(*states));
		r = look(states, job, lost);
	} else if (n < 0) {
		r = n;
	} else {
		gv_err_set_message(why.p);
	}
out:
	gv_buf_release(&why);
	free(lost);
	return r;
}
