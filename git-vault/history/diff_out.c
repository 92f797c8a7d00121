#include "git-vault/history/diff_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/history/diff_pointer.h"
#include "git-vault/history/diff_specs.h"
#include "git-vault/history/diff_stat.h"
#include "repo/oid.h"
#include "sys/exec.h"
#include "view/diff.h"

static size_t
count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* git leaves with 141 where its reader went away (a pager that was left), and
 * with 1 for differences where diff.trustExitCode makes it. */
static int
judge(int status)
{
	if (status == 0 || status == 1 || status == 141)
		return 0;
	return gv_err(GV_ERROR,
	    "git could not print the differences (exit status %d)", status);
}

static bool
is_patch(const struct gv_diff_out *d)
{
	return strcmp(d->form, "--patch") == 0;
}

/* A git diff of two trees. */
struct command {
	const char **argv, **form; /* form: the place of --color, and behind it
				      that of the form itself */
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];
};

/* Put it together: what is asked for, with these options behind. */
static int
compose(struct command *c, const struct gv_diff_out *d, bool color,
    const char *const *options, const char *const *paths)
{
	enum { COLOR = 5, FRONT = 7, BACK = 3 };
	const char *front[FRONT] = { "git", "--no-pager", "diff",
		"--no-relative", "--ignore-submodules=none",
		color ? "--color" : "--no-color", d->form };
	const char *const back[BACK + 1] = { c->from, c->to, "--", NULL };
	const char *const *parts[] = { d->more, options, back, paths },
			  *const * at;
	size_t i, n = FRONT;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		n += count(parts[i]);
	c->argv = calloc(n + 1, sizeof(*c->argv));
	if (c->argv == NULL)
		return gv_err_nomem();
	c->form = &c->argv[COLOR];
	gv_oid_format(c->from, d->from);
	gv_oid_format(c->to, d->to);
	memcpy(c->argv, front, sizeof(front));
	n = FRONT;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (at = parts[i]; at && *at; at++)
			/* it would ask for a patch beside the other forms */
			if (parts[i] != d->more || is_patch(d) ||
			    strncmp(*at, "-U", 2) != 0)
				c->argv[n++] = *at;
	return 0;
}

static int
run_git(
    struct gv_ctx *ctx, const struct gv_diff_out *d, const char *const *paths)
{
	struct command c;
	int status = 0;
	int r = compose(&c, d, gv_out_hand_over(ctx->out), NULL, paths);

	if (r < 0)
		return r;
	if (gv_diff_stat_is_due(d->diff, d->form))
		r = gv_diff_stat_print(ctx->out, d->diff, c.argv, c.form);
	else
		r = gv_exec_wait(&status, c.argv);
	free(c.argv);
	return r < 0 ? r : judge(status);
}

static int
leave_out(void *ctx, const char *path, size_t len)
{
	return gv_diff_specs_add(ctx, GV_DIFF_SPECS_NOT, path, len);
}

static int
take_in(void *ctx, const char *path, size_t len)
{
	return gv_diff_specs_add(ctx, GV_DIFF_SPECS_ONLY, path, len);
}

/* The files that are too many to name to git. */
static int
name_them(int r, const char *which)
{
	if (r != GV_EREFUSED)
		return r;
	return gv_err(r,
	    "more files %s than fit into one git command; name fewer paths",
	    which);
}

static int
add_pointers(struct gv_diff_specs *specs, const struct gv_diff *diff,
    int (*add)(void *ctx, const char *path, size_t len))
{
	int r = gv_diff_pointer_each(diff, add, specs);

	return name_them(r, "in chunks");
}

/* The files in chunks, which are printed behind all others. */
static int
print_pointers(struct gv_ctx *ctx, const struct gv_diff_out *d)
{
	static const char *const plain[] = { "--word-diff=none",
		"--no-ext-diff", "--no-textconv", "--submodule=short", NULL };
	static const char *const whole[] = { "-z", "--no-abbrev", NULL };
	struct command patch = { .argv = NULL }, list = { .argv = NULL };
	struct gv_diff_out as_list = *d;
	struct gv_diff_specs specs;
	int r = gv_diff_specs_init(&specs, NULL);

	as_list.form = "--raw";
	if (r == 0 && (r = add_pointers(&specs, d->diff, take_in)) == 0 &&
	    (r = compose(
		 &patch, d, gv_out_hand_over(ctx->out), plain, specs.v)) == 0 &&
	    (r = compose(&list, &as_list, false, whole, specs.v)) == 0)
		r = gv_diff_pointer_print(
		    ctx->out, d->diff, patch.argv, list.argv);
	free(patch.argv);
	free(list.argv);
	gv_diff_specs_release(&specs);
	return r;
}

/* What others print. */
static int
leave_out_all(struct gv_diff_specs *specs, const struct gv_diff_out *d)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && d->leaves_out && i < d->diff->n; i++) {
		const struct gv_diff_change *c = &d->diff->changes[i];

		if (d->leaves_out(d->ctx, c))
			r = name_them(leave_out(specs, c->path, c->path_len),
			    "with secrets");
	}
	return r;
}

/* The user's pathspecs, and those that leave out what is no change after all,
 * and the files in chunks where they are printed apart. */
static int
print_rest(struct gv_ctx *ctx, const struct gv_diff_out *d, bool apart)
{
	static const char *const all[] = { NULL };
	struct gv_diff_specs specs;
	size_t i;
	int r = gv_diff_specs_init(&specs, d->paths ? d->paths : all);

	for (i = 0; r == 0 && i < d->diff->n_same; i++)
		r = name_them(leave_out(&specs, d->diff->same[i],
				  strlen(d->diff->same[i])),
		    "that are no change, being in chunks or not stored on one "
		    "side only,");
	if (r == 0 && apart)
		r = add_pointers(&specs, d->diff, leave_out);
	if (r == 0 && (r = leave_out_all(&specs, d)) == 0)
		r = run_git(ctx, d, specs.v);
	gv_diff_specs_release(&specs);
	return r;
}

int
gv_diff_out(struct gv_ctx *ctx, const struct gv_diff_out *d)
{
	int r, apart = 0;

	if (is_patch(d))
		apart = gv_diff_pointer_is_due(ctx->repo, d->diff);
	if (apart < 0)
		return apart;
	if (!apart && d->leaves_out == NULL &&
	    (d->diff == NULL || d->diff->n_same == 0))
		return run_git(ctx, d, d->paths);
	if ((r = print_rest(ctx, d, apart)) == 0 && apart &&
	    !gv_out_stopped(ctx->out))
		r = print_pointers(ctx, d);
	return r;
}
