#include "drift/drift_blame.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "drift/drift.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define LINES_MOST 200 /* that one git is asked for */
#define AT_ONCE    4   /* gits that run */

struct places {
	struct gv_drift_place **items; /* by path and line */
	size_t n, cap;
};

/* A git that looks at lines of one file. */
struct job {
	struct gv_proc git;
	struct gv_buf args; /* "-L1,1", a NUL behind each */
	const char **argv;
	struct gv_drift_place **places;
	size_t n;
};

/* ---- which places -------------------------------------------------------- */

static int
add_place(struct places *out, struct gv_drift_place *place)
{
	if (place->path == NULL || place->line == 0 || place->is_private)
		return 0;
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = place;
	return 0;
}

static int
add_places(struct places *out, struct gv_drift_report *report)
{
	size_t i;
	int r;

	for (i = 0; i < report->n; i++) {
		struct gv_drift_finding *f = &report->findings[i];

		if (f->verdict != GV_DRIFT_DRIFT)
			continue;
		if ((r = add_place(out, &f->left)) < 0 ||
		    (r = add_place(out, &f->right)) < 0)
			return r;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_drift_place *x = *(struct gv_drift_place *const *)a;
	const struct gv_drift_place *y = *(struct gv_drift_place *const *)b;
	const int order = strcmp(x->path, y->path);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* ---- what git says ------------------------------------------------------- */

/* A commit that git named. */
struct commit {
	char hex[GV_DRIFT_COMMIT + 1];
	int64_t time;
};

struct commits {
	struct commit *items;
	size_t n, cap;
};

static bool
is_hex(const char *p, size_t len)
{
	return len == GV_DRIFT_COMMIT &&
	    strspn(p, "0123456789abcdef") >= GV_DRIFT_COMMIT;
}

static struct commit *
get_commit(struct commits *all, const char *hex)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (memcmp(all->items[i].hex, hex, GV_DRIFT_COMMIT) == 0)
			return &all->items[i];
	if (GV_GROW(all->items, all->n, all->cap) < 0)
		return NULL;
	memset(&all->items[all->n], 0, sizeof(all->items[0]));
	memcpy(all->items[all->n].hex, hex, GV_DRIFT_COMMIT);
	return &all->items[all->n++];
}

static void
put(const struct job *job, size_t line, const struct commit *commit)
{
	size_t i;

	for (i = 0; i < job->n; i++) {
		struct gv_drift_place *place = job->places[i];

		if (place->line != line)
			continue;
		/* zeros: it is not committed */
		place->is_new = strspn(commit->hex, "0") == GV_DRIFT_COMMIT;
		if (place->is_new)
			continue;
		memcpy(place->commit, commit->hex, sizeof(commit->hex));
		place->since = commit->time;
	}
}

/*
 * COMMIT LINE-THEN LINE-NOW [LINES]
 * committer-time SECONDS		where the commit is named first, among
 * others TAB the line
 */
static int
read_lines(const struct job *job)
{
	const char *p = job->git.out.p, *end = p + job->git.out.len, *eol;
	struct commits all = { .n = 0 };
	size_t at = SIZE_MAX, line = 0;
	struct commit *commit;
	char *rest;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			break;
		if (*p == '\t') {
			if (at < all.n)
				put(job, line, &all.items[at]);
		} else if (is_hex(p, strcspn(p, " \n"))) {
			commit = get_commit(&all, p);
			if (commit == NULL)
				return gv_err_nomem();
			at = (size_t)(commit - all.items);
			strtoul(p + GV_DRIFT_COMMIT, &rest, 10);
			line = strtoul(rest, NULL, 10);
		} else if (at < all.n && strncmp(p, "committer-time ", 15) == 0)
			all.items[at].time = strtoll(p + 15, NULL, 10);
	}
	free(all.items);
	return 0;
}

/* ---- git ----------------------------------------------------------------- */

static int
start(struct job *job, const struct gv_repo *repo)
{
	static const char *const front[] = { "git", "blame", "--porcelain" };
	struct gv_buf dir = GV_BUF_INIT, tree = GV_BUF_INIT;
	const char *env[] = { NULL, NULL, "LC_ALL=C", NULL }, *arg;
	size_t n = 0, i, last = 0;
	int r;

	job->argv = calloc(job->n + 7, sizeof(*job->argv));
	if (job->argv == NULL)
		return gv_err_nomem();
	for (i = 0; i < job->n; i++)
		if (job->places[i]->line != last) {
			last = job->places[i]->line;
			gv_buf_addf(&job->args, "-L%zu,%zu", last, last);
			gv_buf_addch(&job->args, '\0');
		}
	gv_buf_addf(&dir, "GIT_DIR=%s", repo->git_dir);
	if (repo->worktree)
		gv_buf_addf(&tree, "GIT_WORK_TREE=%s", repo->worktree);
	if ((r = gv_buf_check(&job->args)) < 0 ||
	    (r = gv_buf_check(&dir)) < 0 || (r = gv_buf_check(&tree)) < 0)
		goto out;
	for (i = 0; i < 3; i++)
		job->argv[n++] = front[i];
	for (arg = job->args.p; arg < job->args.p + job->args.len;
	     arg += strlen(arg) + 1)
		job->argv[n++] = arg;
	if (repo->worktree == NULL)
		job->argv[n++] = "HEAD";
	job->argv[n++] = "--";
	job->argv[n++] = job->places[0]->path;
	env[0] = dir.p;
	env[1] = repo->worktree ? tree.p : "GIT_OPTIONAL_LOCKS=0";
	r = gv_proc_start(&job->git,
	    &(struct gv_proc_opts){ .argv = job->argv,
		.cwd = repo->worktree ? repo->worktree : repo->git_dir,
		.env = env });
out:
	gv_buf_release(&dir);
	gv_buf_release(&tree);
	return r;
}

static void
release(struct job *job)
{
	gv_proc_release(&job->git);
	gv_buf_release(&job->args);
	free(job->argv);
}

/* As many places as one git is asked for: of one file. */
static size_t
take(const struct places *all, size_t from)
{
	size_t n = 1;

	while (n < LINES_MOST && from + n < all->n &&
	    strcmp(all->items[from + n]->path, all->items[from]->path) == 0)
		n++;
	return n;
}

static int
ask(const struct places *all, const struct gv_repo *repo)
{
	struct job jobs[AT_ONCE];
	size_t at = 0, n, i;
	int r = 0, e;

	while (r == 0 && at < all->n) {
		for (n = 0; r == 0 && n < AT_ONCE && at < all->n; n++) {
			jobs[n] = (struct job){ .git = GV_PROC_INIT,
				.args = GV_BUF_INIT,
				.places = all->items + at,
				.n = take(all, at) };
			at += jobs[n].n;
			r = start(&jobs[n], repo);
		}
		for (i = 0; i < n; i++) {
			if (r == 0 && (e = gv_proc_finish(&jobs[i].git)) < 0)
				r = e;
			/* one that fails has nothing to say of these lines */
			if (r == 0 && jobs[i].git.status == 0)
				r = read_lines(&jobs[i]);
			release(&jobs[i]);
		}
	}
	return r;
}

int
gv_drift_blame(
    struct gv_drift_report *reports, size_t n, const struct gv_repo *repo)
{
	struct places all = { .n = 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = add_places(&all, &reports[i]);
	if (all.n)
		qsort(all.items, all.n, sizeof(*all.items), compare);
	if (r == 0)
		r = ask(&all, repo);
	free(all.items);
	return r;
}
