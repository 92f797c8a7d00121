#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "health/health_internal.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/* ---- what packs take ----------------------------------------------------- */

static bool
is_of_pack(const struct gv_dir_name *name)
{
	return name->len > 5 && memcmp(name->name, "pack-", 5) == 0;
}

/* Objects that lie in files of their own are few, since Git and fold pack them:
 * they do not count. */
static int
measure(struct gv_health *h, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_dir_names names = { .n = 0 };
	struct stat st;
	size_t i;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/pack", repo->objects_dir);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	fd = gv_dir_open_root(path.p);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		goto out; /* there is no pack */
	for (i = 0; i < names.n; i++)
		if (is_of_pack(&names.names[i]) &&
		    gv_dir_stat(
			fd, names.names[i].name, names.names[i].len, &st) == 0)
			h->store += (uint64_t)st.st_size;
out:
	if (fd >= 0)
		gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

/* ---- snapshots ----------------------------------------------------------- */

/* Sizes at even distances, the oldest first. */
static void
sample(struct gv_health *h, const struct gv_record *const *whole, size_t n)
{
	const size_t points = n < GV_HEALTH_TREND ? n : GV_HEALTH_TREND;
	const size_t steps = points > 1 ? points - 1 : 1;
	size_t i, at;

	for (i = points; i > 0; i--) {
		at = (i - 1) * (n - 1) / steps;
		gv_health_trend_add(&h->sizes, (double)whole[at]->bytes);
	}
}

static int
take(struct gv_health *h, struct gv_health_taken *taken,
    const struct gv_records *all)
{
	const struct gv_record **whole = calloc(all->n + 1, sizeof(*whole));
	int64_t *times = calloc(all->n + 1, sizeof(*times));
	size_t i, n = 0;
	int r = 0;

	if (whole == NULL || times == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < all->n; i++) {
		if (all->records[i].only)
			continue;
		times[n] = all->records[i].time;
		whole[n++] = &all->records[i];
	}
	gv_health_take(taken, times, n, h->now);
	h->snapshots = n;
	if (n) {
		h->newest = times[0];
		h->oldest = times[n - 1];
		h->bytes = whole[0]->bytes;
		sample(h, whole, n);
	}
out:
	free(whole);
	free(times);
	return r;
}

int
gv_health_load_snapshots(
    struct gv_health *h, struct gv_health_taken *taken, struct gv_repo *repo)
{
	struct gv_records all = { .n = 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	int r;

	memset(taken, 0, sizeof(*taken));
	taken->now = h->now;
	r = gv_records_recall(&all, repo, &damaged);
	if (r == 0 && (r = take(h, taken, &all)) == 0 && damaged.len) {
		gv_buf_add(&h->problems, damaged.p, damaged.len);
		r = gv_buf_check(&h->problems);
	}
	gv_records_release(&all);
	gv_buf_release(&damaged);
	return r < 0 ? r : measure(h, repo);
}
