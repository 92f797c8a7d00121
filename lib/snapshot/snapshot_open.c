#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "repo/worktree.h"
#include "snapshot/snapshot_internal.h"
#include "sys/clock.h"
#include "sys/entry.h"
#include "sys/workers.h"
#include "vault/ledger.h"

/* Larger files are stored in chunks where nothing else is set. */
#define CHUNK_THRESHOLD ((uint64_t)32 * 1024 * 1024)

/* The stamp of git's index, to see whether it is the one of last time. */
void
gv_snapshot_index_stamp(uint64_t stamp[4], const struct gv_index *index)
{
	stamp[0] = (uint64_t)index->mtime_s * 1000000000 + index->mtime_ns;
	stamp[1] = index->size;
	stamp[2] = index->ino;
	memcpy(&stamp[3], index->checksum.id, sizeof(stamp[3]));
}

void
gv_snapshot_cache_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/index", repo->vault_dir);
}

void
gv_snapshot_forget(const struct gv_repo *repo)
{
	struct gv_worktrees trees;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	(void)gv_worktrees_load(&trees, repo); /* what was found is forgotten */
	for (i = 0; i < trees.n; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/vault/index", trees.git_dirs[i]);
		if (gv_buf_check(&path) == 0)
			(void)gv_entry_unlink(AT_FDCWD, path.p);
	}
	gv_worktrees_release(&trees);
	gv_buf_release(&path);
}

/* Whether the cache's snapshot was deleted, and another clone brought its ref
 * back: nobody is told then that nothing changed since. */
static bool
is_deleted(struct gv_snapshot_run *run)
{
	const struct gv_ref *ref = gv_refs_find(&run->refs, GV_REF_DELETED);
	struct gv_ledger deleted;

	return ref && gv_ledger_load(&deleted, run->odb, &ref->oid) == 0 &&
	    gv_tombstone_find(NULL, run->odb, &deleted, run->cache->head->id) ==
	    1;
}

/* A pack may be gone, with what the next snapshot would stand on unread. */
static bool
is_there(struct gv_snapshot_run *run)
{
	const struct gv_statcache_head *head = run->cache->head;
	bool is = gv_odb_has(run->odb, &head->commit) &&
	    gv_odb_has(run->odb, &run->cache->dirs[0].tree);
	uint32_t i;

	for (i = 0; is && i < head->n_layers; i++)
		is = gv_odb_has(run->odb, &head->layers[i].oid);
	return is;
}

/* The cache holds only as long as the snapshot it belongs to: without its ref
 * the objects that the cache names may have been pruned. */
static int
check_cache(struct gv_snapshot_run *run)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r;

	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", run->cache->head->id);
	r = gv_buf_check(&name);
	ref = r == 0 ? gv_refs_find(&run->refs, name.p) : NULL;
	if (ref == NULL ||
	    !gv_oid_equal(&ref->oid, &run->cache->head->commit) ||
	    !is_there(run) || is_deleted(run)) {
		gv_statcache_close(run->cache);
		run->cache = NULL;
	}
	gv_buf_release(&name);
	return r;
}

static int
open_cache(struct gv_snapshot_run *run)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_snapshot_cache_path(&path, run->repo);
	r = gv_buf_check(&path);
	if (r == 0 && gv_statcache_open(&run->cache, path.p) == GV_ENOMEM)
		r = GV_ENOMEM;
	gv_buf_release(&path);
	return r;
}

static void
add_ref(struct gv_buf *lines, const struct gv_ref *ref)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &ref->oid);
	gv_buf_addf(lines, "%s %s\n", hex, ref->name);
}

/* A ref whose file says nothing counts as absent, as for git. */
static int
add_named(struct gv_buf *lines, const struct gv_repo *repo, const char *name)
{
	struct gv_ref ref = { .name = name };
	int r = gv_ref_find(&ref.oid, repo, name);

	if (r == 0 && !gv_oid_is_zero(&ref.oid))
		add_ref(lines, &ref);
	return r == GV_ECORRUPT ? 0 : r;
}

/* To look at the files, these refs are enough. They are read from git's files,
 * so that no process is started. */
static int
list_few(struct gv_snapshot_run *run, const char *last)
{
	struct gv_refs replaced = { 0 };
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r;

	if ((r = gv_ref_list(&replaced, run->repo, GV_REFS_REPLACE)) < 0)
		return r;
	for (i = 0; i < replaced.n; i++)
		add_ref(&lines, &replaced.refs[i]);
	if ((r = add_named(&lines, run->repo, GV_REF_DELETED)) == 0 && last)
		r = add_named(&lines, run->repo, last);
	if (r == 0)
		r = gv_refs_parse(&run->refs, &lines);
	gv_buf_release(&lines);
	gv_refs_release(&replaced);
	return r;
}

/* The commit of a snapshot tells of all refs of the user's; git lists these
 * while we read. Of ours there may be ten thousand, and few are of interest. */
static int
start_listing(struct gv_proc *p, struct gv_snapshot_run *run)
{
	struct gv_buf last = GV_BUF_INIT;
	const char *ours[] = { GV_REF_DELETED, NULL, NULL };
	int r;

	if (run->cache) {
		gv_buf_addf(
		    &last, GV_REFS_SNAPSHOTS "%s", run->cache->head->id);
		ours[1] = last.p;
	}
	r = gv_buf_check(&last);
	if (r == 0 && run->opts->dry_run)
		r = list_few(run, ours[1]);
	else if (r == 0)
		r = gv_ref_list_start_beside(p, run->repo, ours);
	gv_buf_release(&last);
	return r;
}

/* Where git shows one object as another, what it wrote to the working tree is
 * not what its index names: nothing in that is believed. */
static void
mind_replaced(struct gv_index *index, const struct gv_refs *refs)
{
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (strncmp(refs->refs[i].name, GV_REFS_REPLACE,
			strlen(GV_REFS_REPLACE)) == 0)
			index->mtime_s = index->mtime_ns = 0;
}

/* vault.chunkThreshold: a size, or a boolean. */
static int
set_threshold(struct gv_snapshot_run *run)
{
	static const char key[] = "vault.chunkthreshold";
	const struct gv_config *config = &run->repo->config;
	const char *value = gv_config_get(config, key);
	int64_t size = gv_config_int(config, key, -1);

	run->chunk_threshold = CHUNK_THRESHOLD;
	if (value == NULL)
		return 0;
	if (size >= 0)
		run->chunk_threshold = (uint64_t)size;
	else if (!gv_config_bool(config, key, true))
		run->chunk_threshold = 0;
	else if (value[0] == '-' || !gv_config_bool(config, key, false))
		return gv_err(GV_EUSAGE,
		    "vault.chunkThreshold is '%s', which is no size; set it to "
		    "one such as 32m, or to false",
		    value);
	return 0;
}

/* Those that nobody asks for may come every minute. */
static bool
is_frequent(const char *trigger)
{
	return trigger &&
	    (strcmp(trigger, "hook") == 0 || strcmp(trigger, "watch") == 0);
}

static int
count_one(void *ctx, const struct gv_census_out *left)
{
	struct gv_snapshot_left *all = ctx;

	all[left->why].n++;
	all[left->why].bytes += left->bytes;
	all[left->why].entries += left->entries;
	return 0;
}

static int
count_left(struct gv_snapshot_run *run)
{
	run->out->deferred = gv_census_deferred(run->census) > 0;
	return gv_census_each_left(run->census, count_one, run->out->left);
}

int
gv_snapshot_open(struct gv_snapshot_run *run)
{
	struct gv_proc listing = GV_PROC_INIT;
	struct gv_census_opts census = { .repo = run->repo };
	uint64_t stamp[4];
	int r = open_cache(run);

	if (r == 0 && (r = start_listing(&listing, run)) == 0 &&
	    (r = gv_index_open(&run->index, run->repo)) == 0 &&
	    (r = gv_repo_odb(run->repo, &run->odb)) == 0 && !run->opts->dry_run)
		r = gv_ref_list_finish(&run->refs, &listing);
	gv_proc_release(&listing);
	if (r < 0)
		return r;
	if (run->cache && (r = check_cache(run)) < 0)
		return r;
	r = set_threshold(run);
	if (r < 0)
		return r;
	run->threads = gv_workers_count(run->opts->threads);
	gv_snapshot_index_stamp(stamp, run->index);
	mind_replaced(run->index, &run->refs);
	census.index = run->index;
	census.old = run->cache;
	census.threads = run->threads;
	census.same_index = run->cache &&
	    memcmp(stamp, run->cache->head->index, sizeof(stamp)) == 0;
	run->same_index = census.same_index;
	census.wish = &run->wish;
	census.now = gv_clock_now().tv_sec;
	census.daily = is_frequent(run->opts->trigger);
	r = gv_wish_open(&run->wish, run->repo, run->index, &run->opts->said);
	if (r < 0)
		goto out;
	if (!run->opts->dry_run && (r = gv_snapshot_search_open(run)) < 0)
		goto out;
	if ((r = gv_census_take(&run->census, &census)) < 0 ||
	    (r = count_left(run)) != 0)
		goto out;
	r = gv_snapshot_survey(run);
out:
	return r < 0 || run->names_only ? r : gv_snapshot_attributes(run);
}

void
gv_snapshot_close(struct gv_snapshot_run *run)
{
	size_t i;

	if (run->lane)
		gv_pack_lane_close(run->lane);
	gv_pack_free(run->pack);
	gv_safe_close(run->withhold.safe);
	if (run->withhold.screen && !run->withhold.looks)
		gv_screen_save(run->withhold.screen);
	gv_screen_free(run->withhold.screen);
	gv_withheld_release(&run->withheld);
	gv_withheld_release(&run->index_withheld);
	free(run->held.parents);
	free(run->held.out);
	gv_withheld_release(&run->meta_withheld);
	for (i = 0; i < run->n_twins; i++)
		free(run->twins[i].path);
	free(run->twins);
	free(run->instead);
	gv_census_free(run->census);
	gv_wish_close(&run->wish);
	gv_index_close(run->index);
	gv_statcache_close(run->cache);
	gv_refs_release(&run->refs);
	free(run->order);
	free(run->jobs);
	free(run->chunked);
	free(run->ready);
	gv_buf_release(&run->layer);
	gv_buf_release(&run->cipher_paths);
	gv_map_release(&run->ciphered);
	gv_arena_release(&run->arena);
	pthread_mutex_destroy(&run->withhold.safe_lock);
	pthread_mutex_destroy(&run->lock);
	pthread_cond_destroy(&run->wake);
}

/* Add a note that owns the path. */
static int
add_note(struct gv_snapshot_run *run, enum gv_snapshot_trouble what, char *path,
    const char *reason)
{
	struct gv_snapshot *out = run->out;
	int r;

	pthread_mutex_lock(&run->lock);
	if ((r = GV_GROW(out->notes, out->n_notes, out->cap_notes)) == 0)
		out->notes[out->n_notes++] =
		    (struct gv_snapshot_note){ what, path, reason };
	else
		free(path);
	pthread_mutex_unlock(&run->lock);
	return r;
}

int
gv_snapshot_note(struct gv_snapshot_run *run, enum gv_snapshot_trouble what,
    uint32_t dir, const struct gv_row *row, const char *reason)
{
	struct gv_buf path = GV_BUF_INIT;
	char *text;

	gv_census_path(run->census, dir, row, &path);
	text = gv_buf_take(&path);
	return text ? add_note(run, what, text, reason) : GV_ENOMEM;
}

int
gv_snapshot_note_path(struct gv_snapshot_run *run,
    enum gv_snapshot_trouble what, const char *path, const char *reason)
{
	const struct gv_snapshot *out = run->out;
	bool is_noted = false;
	char *text;
	size_t i;

	pthread_mutex_lock(&run->lock);
	for (i = 0; i < out->n_notes && !is_noted; i++)
		is_noted = out->notes[i].what == what &&
		    strcmp(out->notes[i].path, path) == 0;
	pthread_mutex_unlock(&run->lock);
	if (is_noted)
		return 0;
	text = strdup(path);
	return text ? add_note(run, what, text, reason) : gv_err_nomem();
}

void
gv_snapshot_forget_notes(struct gv_snapshot *out)
{
	size_t i;

	for (i = 0; i < out->n_notes; i++)
		free(out->notes[i].path);
	out->n_notes = 0;
}

void
gv_snapshot_release(struct gv_snapshot *out)
{
	size_t i;

	if (out == NULL)
		return;
	gv_snapshot_forget_notes(out);
	for (i = 0; i < out->n_entries; i++)
		free(out->entries[i].path);
	for (i = 0; i < out->n_nested; i++)
		gv_inner_release(&out->nested[i]);
	for (i = 0; i < out->n_exposed; i++)
		free(out->exposed[i].path);
	for (i = 0; i < out->n_states; i++) {
		free(out->states[i].path);
		free(out->states[i].env);
		free(out->states[i].stack);
		free(out->states[i].why);
	}
	free(out->states);
	free(out->states_why);
	free(out->held);
	free(out->exposed);
	free(out->identity);
	free(out->print);
	free(out->unreached);
	free(out->shut);
	free(out->unmerged);
	free(out->nested);
	free(out->notes);
	free(out->entries);
	memset(out, 0, sizeof(*out));
}
