#include "vault/restore_apply.h"

#include <string.h>

/*
 * A restore that takes some paths only leaves all others alone, also those that
 * stand where a path of it goes: a file where a directory is needed, or a
 * directory with files where a file is.
 */

static bool
takes(const struct gv_restore_apply *a, const char *path, size_t len)
{
	return a->run->opts->takes(a->run->opts->takes_ctx, path, len);
}

int
gv_restore_all_below(bool *all, struct gv_restore_apply *a,
    bool (*is_one)(const struct gv_restore_apply *, const char *, size_t))
{
	const char *p, *end;
	size_t len;
	int r;

	gv_buf_reset(&a->text);
	r = gv_restore_list_below(
	    &a->text, a->place->root_fd, a->path.p, a->path.len, NULL);
	*all = r == 0;
	p = a->text.p;
	end = p + a->text.len;
	for (; *all && p < end; p += len + 1) {
		len = strlen(p);
		*all = p[len - 1] == '/' || is_one(a, p, len);
	}
	return r;
}

static int
check_file(struct gv_restore_apply *a, size_t i)
{
	struct gv_restore_file *f = &a->run->plan.files[i];
	bool all;
	int r;

	if (!a->old[i].is_dir || !gv_restore_is_written(a, f))
		return 0;
	gv_restore_file_path(&a->path, &a->run->plan, i);
	r = gv_restore_all_below(&all, a, takes);
	if (r < 0 || all)
		return r;
	f->action = GV_RESTORE_SKIP;
	gv_restore_skip(a->run, a->path.p, a->path.len,
	    "a directory stands there, with files that are not asked for");
	return 0;
}

void
gv_restore_skip_blocked(struct gv_restore_apply *a,
    bool (*is_one)(const struct gv_restore_apply *, const char *, size_t),
    const char *why)
{
	struct gv_restore_plan *plan = &a->run->plan;
	size_t i;

	for (i = 1; i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (plan->dirs[d->parent].skipped)
			d->skipped = true;
		if (!d->blocked || d->skipped)
			continue;
		gv_restore_dir_path(&a->path, plan, i);
		if (is_one(a, a->path.p, a->path.len))
			continue;
		d->skipped = true;
		gv_restore_skip(a->run, a->path.p, a->path.len, why);
	}
}

int
gv_restore_way_check(struct gv_restore_apply *a)
{
	size_t i;
	int r = 0;

	gv_restore_skip_blocked(
	    a, takes, "a file that is not asked for stands there");
	for (i = 0; r == 0 && i < a->run->plan.n_files; i++)
		r = check_file(a, i);
	return r;
}
