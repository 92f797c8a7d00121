#include "git-vault/history/diff_pointer.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "git-vault/front/out.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/proc.h"
#include "view/diff.h"

/* ---- whether ---- */

/* What of the configuration makes git show a file without an attribute in
 * another way than by itself. */
static const char *const for_all[] = { "diff.external", "diff.default.textconv",
	"diff.default.binary", NULL };

static bool
is_for_all(const struct gv_repo *repo)
{
	size_t i;

	for (i = 0; for_all[i]; i++)
		if (gv_config_get(&repo->config, for_all[i]))
			return true;
	return gv_env_get("GIT_EXTERNAL_DIFF") != NULL;
}

/* The three words of an answer: path, attribute, value. */
static bool
has_attribute(const struct gv_buf *answers)
{
	const char *p = answers->p, *end = p + answers->len;
	size_t i;

	for (i = 1; p < end; p += strlen(p) + 1, i++)
		if (i % 3 == 0 && strcmp(p, "unspecified") != 0 &&
		    strcmp(p, "unset") != 0)
			return true;
	return false;
}

struct asking {
	struct gv_buf paths;
	const struct gv_repo *repo;
};

/* Git reads a path relative to the current directory, so give it from the
 * root. */
static int
ask_for(void *ctx, const char *path, size_t len)
{
	struct asking *a = ctx;

	if (a->repo->worktree)
		gv_buf_addf(&a->paths, "%s/", a->repo->worktree);
	gv_buf_add(&a->paths, path, len);
	gv_buf_addch(&a->paths, '\0');
	return 0;
}

int
gv_diff_pointer_is_due(struct gv_repo *repo, const struct gv_diff *diff)
{
	static const char *const argv[] = { "git", "check-attr", "-z",
		"--stdin", "diff", NULL };
	struct asking a = { GV_BUF_INIT, repo };
	struct gv_proc p = GV_PROC_INIT;
	int r = 0;

	if (diff)
		r = gv_diff_pointer_each(diff, ask_for, &a);
	if (r == 0)
		r = gv_buf_check(&a.paths);
	if (r < 0 || a.paths.len == 0)
		goto out;
	if (is_for_all(repo)) {
		r = 1;
		goto out;
	}
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = a.paths.p, .in_len = a.paths.len });
	if (r < 0)
		goto out;
	/* it does not answer everywhere; then an attribute is possible */
	r = p.status || has_attribute(&p.out);
out:
	gv_proc_release(&p);
	gv_buf_release(&a.paths);
	return r;
}

int
gv_diff_pointer_each(const struct gv_diff *diff,
    int (*fn)(void *ctx, const char *path, size_t len), void *ctx)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < diff->n; i++) {
		const struct gv_diff_change *c = &diff->changes[i];

		if (c->old_chunked || c->new_chunked)
			r = fn(ctx, c->path, c->path_len);
	}
	return r;
}

/* ---- the patch ---- */

/* Where we are in the patch, which has the files of the list in its order. */
struct reading {
	struct gv_out *out;
	struct gv_map by_path; /* what differs */
	struct gv_diff list;
	size_t next;
	bool is_halved;  /* the next is the other half of a change of kind */
	bool is_wanted;  /* the file that is read differs for the user, too */
	bool is_pointer; /* it is in chunks on one side or both */
	bool is_body;    /* of it all is said */
	const char *old; /* how the patch calls its first side */
	size_t old_len;
};

/* Of a change of kind the patch tells first what goes and then what comes. */
static void
begin_file(struct reading *r)
{
	const struct gv_diff_change *c = &r->list.changes[r->next], *old, *new;
	bool goes, comes;

	r->is_wanted = r->is_pointer = r->is_body = false;
	r->old = "";
	r->old_len = 0;
	if (r->next >= r->list.n)
		return;
	new = gv_map_get(&r->by_path, c->path, c->path_len);
	old = c->old_path
	    ? gv_map_get(&r->by_path, c->old_path, c->old_path_len)
	    : new;
	goes = old && old->old_chunked;
	comes = new &&new->new_chunked;
	r->is_wanted = new != NULL;
	r->is_pointer = goes || comes;
	if (c->status == 'T') {
		r->is_pointer = r->is_halved ? comes : goes;
		r->is_halved = !r->is_halved;
	}
	r->next += !r->is_halved;
}

static const char *
skip_color(const char *p)
{
	while (*p == '\033') {
		p += strcspn(p, "m");
		p += *p == 'm';
	}
	return p;
}

/* What a line of the head calls a side: a colour ends it, or a tab where the
 * path has blanks. */
static const char *
side_of(const char *p, size_t *len)
{
	p += 4;
	*len = strcspn(p, "\033\t\n");
	return p;
}

/* "--- a/x" and "+++ b/x" are in the head of what git shows as text only; a
 * line behind them begins with a blank, a sign or an "@". */
static void
print_line(struct reading *r, const char *line, size_t len)
{
	const char *p = skip_color(line), *new;
	size_t new_len;

	if (strncmp(p, "diff --git ", 11) == 0)
		begin_file(r);
	if (!r->is_wanted || r->is_body)
		return;
	if (r->is_pointer && strncmp(p, "--- ", 4) == 0) {
		r->old = side_of(p, &r->old_len);
	} else if (r->is_pointer && strncmp(p, "+++ ", 4) == 0) {
		new = side_of(p, &new_len);
		gv_out_printf(r->out, "Binary files %.*s and %.*s differ\n",
		    (int)r->old_len, r->old, (int)new_len, new);
		r->is_body = true;
	} else {
		gv_out_write(r->out, line, len);
	}
}

/* A pointer ends in a NUL, so the patch may have some. */
static void
print_patch(struct reading *r, const struct gv_buf *patch)
{
	const char *p = patch->p, *end = p + patch->len, *nl;

	for (; p < end; p = nl) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl + 1 : end;
		print_line(r, p, (size_t)(nl - p));
	}
}

static int
ask(struct gv_proc *p, const char *const *argv)
{
	int r = gv_proc_run(p, &(struct gv_proc_opts){ .argv = argv });

	/* 1: there are differences, where diff.trustExitCode makes it */
	if (r == 0 && p->status > 1)
		r = gv_err(GV_ERROR, "git could not print the differences: %s",
		    gv_proc_why(p));
	return r;
}

int
gv_diff_pointer_print(struct gv_out *out, const struct gv_diff *diff,
    const char *const *patch, const char *const *list)
{
	struct gv_proc shown = GV_PROC_INIT, listed = GV_PROC_INIT;
	struct reading reading = {
		.out = out, .by_path = GV_MAP_INIT, .list = GV_DIFF_INIT
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < diff->n; i++)
		if (diff->changes[i].status != 'm')
			r = gv_map_put(&reading.by_path, diff->changes[i].path,
			    diff->changes[i].path_len, &diff->changes[i]);
	if (r < 0 || (r = ask(&listed, list)) < 0)
		goto out;
	r = gv_diff_parse_raw(&reading.list, listed.out.p, listed.out.len);
	if (r < 0 || (r = ask(&shown, patch)) < 0)
		goto out;
	print_patch(&reading, &shown.out);
out:
	gv_map_release(&reading.by_path);
	gv_diff_release(&reading.list);
	gv_proc_release(&shown);
	gv_proc_release(&listed);
	return r;
}
