#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/local.h"
#include "sys/mounts.h"
#include "watch/watch_internal.h"

/* Which of many working trees stand as they stood at a moment: for the list of
 * all projects, which then need not look at any file of these. */

/* Each fails at the first folder of its kind that moved. */
static int
fail_at_git(void *ctx, const char *dir, const char *name)
{
	const struct gv_watched *p = ctx;

	(void)name;
	return strcmp(dir, p->git_dir) == 0 ? GV_ENOTFOUND : 0;
}

static int
fail_at_tree(void *ctx, const char *dir, const char *name)
{
	return fail_at_git(ctx, dir, name) < 0 ? 0 : GV_ENOTFOUND;
}

/* Whether nothing happened in the tree, and a walk says that events tell of all
 * there is: its folders were all minded from the moment that it knows. */
static bool
is_tree_still(struct gv_watch *w, size_t i, const struct gv_watch_cover *c,
    uint64_t since)
{
	const struct timespec now = gv_clock_coarse();
	const int64_t age = (int64_t)now.tv_sec - c->walked;

	return c->n && c->is_plain && age >= 0 &&
	    age < GV_HINT_MOST / 1000000000 &&
	    gv_notice_each_moved(w->notice, i, since < c->n ? since : c->n,
		fail_at_tree, &w->items[i]) == 0;
}

static bool
is_still(struct gv_watch *w, size_t i, const struct gv_moment *since,
    const char *mounts)
{
	struct gv_watched *p = &w->items[i];
	uint64_t dev, ino;
	size_t k;

	if (since->n == 0 || p->git_dir == NULL ||
	    memcmp(since->by, w->moment.by, sizeof(since->by)) != 0 ||
	    gv_notice_find(w->notice, i, p->git_dir, &dev, &ino) != 1 ||
	    gv_notice_each_moved(w->notice, i, since->n, fail_at_git, p) < 0 ||
	    gv_mounts_have_file(mounts, p->path))
		return false;
	for (k = 0; k < GV_WATCH_CACHES; k++)
		if (is_tree_still(w, i, &p->covers[k], since->n))
			return true;
	return false;
}

static void
look_at_all(unsigned char *still, struct gv_watch *w,
    const struct gv_hint_tree *trees, size_t n)
{
	struct gv_buf mounts = GV_BUF_INIT;
	char *before = gv_err_save();
	const struct gv_watched *p;
	size_t i;

	gv_watch_list_tops(w);
	if (gv_mounts_read(&mounts) == 0)
		for (i = 0; i < n; i++) {
			p = gv_watch_find_top(w, trees[i].dev, trees[i].ino);
			still[i] = p &&
			    is_still(w, (size_t)(p - w->items), &trees[i].since,
				mounts.p);
		}
	gv_buf_release(&mounts);
	gv_err_restore(before);
}

void
gv_watch_answer_still(struct gv_watch *w, int fd)
{
	struct gv_hint_still ask;
	struct gv_hint_tree *trees;
	unsigned char *still;
	struct gv_moment now;
	size_t n;

	if (gv_file_read_full(fd, (char *)&ask + sizeof(ask.magic),
		sizeof(ask) - sizeof(ask.magic)) !=
		(ssize_t)(sizeof(ask) - sizeof(ask.magic)) ||
	    ask.mounts != gv_hint_mounts() || ask.n > GV_HINT_TREES)
		return;
	n = (size_t)ask.n;
	trees = malloc((n + 1) * sizeof(*trees));
	still = calloc(n + 1, 1);
	if (trees && still &&
	    gv_file_read_full(fd, trees, n * sizeof(*trees)) ==
		(ssize_t)(n * sizeof(*trees))) {
		now = w->moment;
		/* first all events up to now, which may move projects */
		now.n = gv_notice_now(w->notice, gv_watch_told, w);
		look_at_all(still, w, trees, n);
		if (gv_local_send(fd, &now, sizeof(now)) == 0)
			(void)gv_local_send(fd, still, n);
	}
	free(trees);
	free(still);
}
