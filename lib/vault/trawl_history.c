#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "store/odb.h"
#include "store/repo.h"
#include "sys/cancel.h"
#include "sys/proc.h"
#include "vault/trawl_internal.h"

#define BATCH 2000             /* commits that git compares at once */
#define LINE  (GV_OID_HEX + 1) /* of a list of commits */

/*
 * git diff-tree writes for each commit
 *	<commit> NUL { line NUL path NUL }
 * where a line has as many colons in front as the commit has parents, and then
 * the modes of all parents and its own, the ids of the same, and letters.
 */
#define MODE (6 + 1)
#define ID   (GV_OID_HEX + 1)

struct reading {
	struct gv_trawl *trawl;
	struct gv_map blobs;  /* by id, to the first place */
	struct gv_map places; /* by id and path */
	struct gv_oid commit; /* that is read */
	struct gv_buf key;
};

static int
set_key(struct reading *rd, const struct gv_oid *blob, const char *path)
{
	gv_buf_reset(&rd->key);
	gv_buf_add(&rd->key, blob->id, GV_OID_RAW);
	gv_buf_add(&rd->key, path, strlen(path));
	return gv_buf_check(&rd->key);
}

/* A place that is new, and with the first one of a blob the job to scan it. */
static int
add_place(struct reading *rd, const struct gv_oid *blob)
{
	struct gv_trawl_private *p = rd->trawl->private;
	struct gv_finding_place *place, *first;
	char *key = gv_arena_copy(&p->arena, rd->key.p, rd->key.len);
	int r;

	place = gv_arena_alloc(&p->arena, sizeof(*place));
	if (key == NULL || place == NULL)
		return GV_ENOMEM;
	place->path = key + GV_OID_RAW;
	place->introduced = rd->commit;
	r = gv_map_put(&rd->places, key, rd->key.len, place);
	if (r < 0)
		return r;
	first = gv_map_get(&rd->blobs, blob->id, GV_OID_RAW);
	if (first) {
		place->next = first->next;
		first->next = place;
		return 0;
	}
	r = gv_map_put(&rd->blobs, key, GV_OID_RAW, place);
	return r < 0 ? r
		     : gv_trawl_add_job(rd->trawl,
			   &(struct gv_trawl_job){ .path = place->path,
			       .root = -1,
			       .blob = *blob,
			       .places = place });
}

static bool
is_file(const char *mode)
{
	return strncmp(mode, "100", 3) == 0;
}

static struct gv_finding_place *
find_place(struct reading *rd, int *r, const char *id, const char *path)
{
	struct gv_oid blob;

	if (gv_oid_parse(&blob, id) < 0)
		*r = gv_err(GV_ERROR, "git diff-tree names no blob");
	if (*r == 0)
		*r = set_key(rd, &blob, path);
	return *r < 0 ? NULL : gv_map_get(&rd->places, rd->key.p, rd->key.len);
}

/* Of `n` parents the modes and ids, and then its own. */
static int
take_line(struct reading *rd, const char *line, size_t n, const char *path)
{
	const char *ids = line + MODE * (n + 1), *own = ids + ID * n;
	struct gv_finding_place *place;
	struct gv_oid blob;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		place = is_file(line + MODE * i)
		    ? find_place(rd, &r, ids + ID * i, path)
		    : NULL;
		if (place)
			place->removed = rd->commit;
	}
	if (r < 0 || !is_file(line + MODE * n))
		return r;
	place = find_place(rd, &r, own, path);
	if (place)
		memset(&place->removed, 0, sizeof(place->removed));
	else if (r == 0 && gv_oid_parse(&blob, own) == 0)
		r = add_place(rd, &blob);
	return r;
}

static int
take_output(struct reading *rd, const struct gv_buf *out)
{
	const char *p = out->p, *end = p + out->len, *path;
	size_t n;
	int r = 0;

	while (r == 0 && p < end) {
		n = strspn(p, ":");
		if (n == 0) {
			if (gv_oid_parse(&rd->commit, p) < 0)
				return gv_err(
				    GV_ERROR, "git diff-tree names no commit");
			p += ID;
			continue;
		}
		path = p + strlen(p) + 1;
		if ((size_t)(path - p) <= n + (MODE + ID) * (n + 1) ||
		    path >= end)
			return gv_err(
			    GV_ERROR, "git diff-tree wrote what it should not");
		r = take_line(rd, p + n, n, path);
		p = path + strlen(path) + 1;
	}
	return r;
}

static int
compare_batch(struct reading *rd, const char *commits, size_t len)
{
	/* of a merge only what none of its parents has */
	static const char *const argv[] = { "git", "diff-tree", "--stdin", "-r",
		"-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev",
		"--ignore-submodules=all", NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git,
	    &(struct gv_proc_opts){
		.argv = argv, .in = commits, .in_len = len });

	if (r == 0 && git.status != 0)
		r = gv_err(GV_ERROR,
		    "the history cannot be read: git diff-tree: %s",
		    gv_proc_why(&git));
	if (r == 0)
		r = take_output(rd, &git.out);
	gv_proc_release(&git);
	return r;
}

/* Objects lie in packs in an order in which they are cheap to read. */
struct placed {
	uint64_t at;
	struct gv_trawl_job job;
};

static int
by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static int
sort_jobs(struct gv_trawl_private *p)
{
	struct placed *all = malloc((p->n_jobs + 1) * sizeof(*all));
	size_t i;

	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_jobs; i++) {
		all[i].job = p->jobs[i];
		all[i].at = gv_odb_place(p->odb, &p->jobs[i].blob);
	}
	if (p->n_jobs)
		qsort(all, p->n_jobs, sizeof(*all), by_place);
	for (i = 0; i < p->n_jobs; i++)
		p->jobs[i] = all[i].job;
	free(all);
	return 0;
}

/* What the commits that `argv` lists, the oldest first, have brought. */
static int
add_commits(struct gv_trawl *trawl, const char *const *argv)
{
	struct gv_trawl_private *p = trawl->private;
	struct gv_proc git = GV_PROC_INIT;
	struct reading rd = { .trawl = trawl,
		.blobs = GV_MAP_INIT,
		.places = GV_MAP_INIT,
		.key = GV_BUF_INIT };
	size_t at, n;
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	if (r == 0)
		r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && git.status != 0)
		r = gv_err(GV_ENOTFOUND, "these commits cannot be listed: %s",
		    gv_proc_why(&git));
	for (at = 0; r == 0 && at < git.out.len; at += n) {
		n = git.out.len - at;
		n = n < BATCH * LINE ? n : BATCH * LINE;
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : compare_batch(&rd, git.out.p + at, n);
	}
	if (r == 0)
		r = gv_odb_gather(p->odb);
	if (r == 0)
		r = sort_jobs(p);
	gv_map_release(&rd.blobs);
	gv_map_release(&rd.places);
	gv_buf_release(&rd.key);
	gv_proc_release(&git);
	return r;
}

int
gv_trawl_add_range(struct gv_trawl *trawl, const char *range)
{
	const char *const argv[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--end-of-options", range, "--", NULL };

	return add_commits(trawl, argv);
}

int
gv_trawl_add_history(struct gv_trawl *trawl)
{
	/* our own refs hold what is ignored, which is nobody's history */
	static const char *const argv[] = { "git", "rev-list", "--topo-order",
		"--reverse", "--exclude=refs/vault/*",
		"--exclude=refs/vault-remote/*", "--all", NULL };

	return add_commits(trawl, argv);
}
