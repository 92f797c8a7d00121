#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/tombstone.h"
#include "repo/refs.h"
#include "snapshot/survey_internal.h"
#include "foreign/working_copy.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/proc.h"
#include "sys/workers.h"
#include "vault/ledger.h"

void
gv_survey_index_stamp(uint64_t stamp[4], const struct gv_index *index)
{
	stamp[0] = (uint64_t)index->mtime_s * 1000000000 + index->mtime_ns;
	stamp[1] = index->size;
	stamp[2] = index->ino;
	memcpy(&stamp[3], index->checksum.id, sizeof(stamp[3]));
}

void
gv_survey_cache_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/index", repo->vault_dir);
}

void
gv_survey_auto_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/auto-index", repo->vault_dir);
}

/* Bytes of git's index from which a thread is worth it. */
#define LARGE_INDEX (256 * 1024)

/* What git lists below them: without the '/' of GV_REFS_LOCKS, GV_REFS_STATES
 */
#define LOCKS  "refs/vault/locks"
#define STATES "refs/vault/state"

/* Whether the cache's snapshot was deleted, and another clone brought its ref
 * back: then status does not say that nothing changed since. */
static bool
is_deleted(struct gv_survey *s)
{
	const struct gv_ref *ref = gv_refs_find(&s->refs, GV_REF_DELETED);
	struct gv_ledger deleted;

	return ref && gv_ledger_load(&deleted, s->odb, &ref->oid) == 0 &&
	    gv_tombstone_find(NULL, s->odb, &deleted, s->cache->head->id) == 1;
}

/* A pack may be gone, with what the next snapshot would stand on unread. */
static bool
is_there(struct gv_survey *s)
{
	const struct gv_statcache_head *head = s->cache->head;
	bool is = gv_odb_has(s->odb, &head->commit) &&
	    gv_odb_has(s->odb, &s->cache->dirs[0].tree);
	uint32_t i;

	for (i = 0; is && i < head->n_layers; i++)
		is = gv_odb_has(s->odb, &head->layers[i].oid);
	return is;
}

/* The cache holds only as long as the snapshot it belongs to: without its ref
 * the objects that the cache names may have been pruned. */
static int
check_cache(struct gv_survey *s)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r;

	s->is_by_auto =
	    s->is_auto && gv_oid_equal(&s->end.commit, &s->cache->head->commit);
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", s->cache->head->id);
	r = gv_buf_check(&name);
	if (s->is_by_auto && is_there(s))
		goto out;
	s->is_by_auto = false;
	ref = r == 0 ? gv_refs_find(&s->refs, name.p) : NULL;
	if (ref == NULL || !gv_oid_equal(&ref->oid, &s->cache->head->commit) ||
	    !is_there(s) || is_deleted(s)) {
		gv_statcache_close(s->cache);
		s->cache = NULL;
	}
out:
	gv_buf_release(&name);
	return r;
}

static int
open_one(struct gv_statcache **out, const struct gv_repo *repo,
    void (*path_of)(struct gv_buf *out, const struct gv_repo *repo))
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	*out = NULL;
	path_of(&path, repo);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_statcache_open(out, path.p) == GV_ENOMEM)
		r = GV_ENOMEM;
	gv_buf_release(&path);
	return r;
}

/* An automatic save builds on the save or the snapshot before, whichever looked
 * at the files last: so nothing is saved twice, and little is read. */
static int
open_cache(struct gv_survey *s)
{
	struct gv_statcache *saved = NULL;
	int r = open_one(&s->cache, s->repo, gv_survey_cache_path);

	if (r < 0 || !s->is_auto)
		return r;
	if ((r = gv_autosave_last(&s->end, s->repo)) < 0 ||
	    (r = open_one(&saved, s->repo, gv_survey_auto_path)) < 0)
		return r;
	if (s->cache && saved && s->cache->head->stamp > saved->head->stamp) {
		gv_statcache_close(saved);
	} else if (saved) {
		gv_statcache_close(s->cache);
		s->cache = saved;
	}
	return 0;
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
list_few(struct gv_survey *s, const char *last)
{
	struct gv_refs replaced = { 0 };
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r;

	if ((r = gv_ref_list(&replaced, s->repo, GV_REFS_REPLACE)) < 0)
		return r;
	for (i = 0; i < replaced.n; i++)
		add_ref(&lines, &replaced.refs[i]);
	if ((r = add_named(&lines, s->repo, GV_REF_DELETED)) == 0 && last)
		r = add_named(&lines, s->repo, last);
	if (r == 0)
		r = gv_refs_parse(&s->refs, &lines);
	gv_buf_release(&lines);
	gv_refs_release(&replaced);
	return r;
}

/* The commit of a snapshot tells of all refs of the user's. They are read from
 * git's files; if something in these is odd, *asks: git lists them while the
 * index is read. Of ours there may be ten thousand, and few are of interest. */
static int
start_listing(struct gv_proc *p, bool *asks, struct gv_survey *s, bool all)
{
	struct gv_buf last = GV_BUF_INIT;
	const char *ours[] = { GV_REF_DELETED, LOCKS, STATES, NULL, NULL };
	int r;

	if (s->cache) {
		gv_buf_addf(&last, GV_REFS_SNAPSHOTS "%s", s->cache->head->id);
		ours[3] = last.p;
	}
	if ((r = gv_buf_check(&last)) < 0)
		goto out;
	if (!all) {
		r = list_few(s, ours[3]);
		goto out;
	}
	r = gv_ref_read_beside(&s->refs, s->repo, ours);
	*asks = r == 0;
	if (*asks)
		r = gv_ref_list_start_beside(p, s->repo, ours);
out:
	gv_buf_release(&last);
	return r < 0 ? r : 0;
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

static int
count_one(void *ctx, const struct gv_census_out *left)
{
	struct gv_survey_left *all = ctx;

	all[left->why].n++;
	all[left->why].bytes += left->bytes;
	all[left->why].entries += left->entries;
	return 0;
}

static int
count_left(struct gv_survey *s)
{
	s->found->deferred = gv_census_deferred(s->census) > 0;
	return gv_census_each_left(s->census, count_one, s->found->left);
}

/* What is opened before anything is compared. */
struct opening {
	struct gv_survey *survey;
	const struct gv_survey_opts *opts;
	struct gv_proc listing;
	bool asks;
};

static int
open_part(void *ctx, int i)
{
	struct opening *o = ctx;
	struct gv_survey *s = o->survey;
	int r;

	if (i == 0)
		return (r = open_cache(s)) < 0
		    ? r
		    : start_listing(
			  &o->listing, &o->asks, s, o->opts->all_refs);
	if ((r = gv_index_open(&s->index, s->repo)) == 0)
		/* so that the object folders are looked at meanwhile */
		(void)gv_odb_has(s->odb, &s->repo->head);
	return r;
}

/* Where much is tracked, git's index takes as long to read as our own cache. */
static bool
is_large(const struct gv_survey *s)
{
	const char *path = s->repo->index_file;
	struct stat st;

	return gv_dir_stat(AT_FDCWD, path, strlen(path), &st) == 0 &&
	    st.st_size > LARGE_INDEX;
}

static int
open_all(struct opening *o)
{
	struct gv_survey *s = o->survey;
	int r = gv_repo_odb(s->repo, &s->odb);

	if (r < 0)
		return r;
	if (is_large(s) && gv_workers_count(o->opts->threads) > 1)
		r = gv_workers_run(2, open_part, o);
	else if ((r = open_part(o, 0)) == 0)
		r = open_part(o, 1);
	return r == 0 && o->asks ? gv_ref_list_finish(&s->refs, &o->listing)
				 : r;
}

int
gv_survey_open(struct gv_survey *s, const struct gv_survey_opts *opts)
{
	struct opening o = { s, opts, GV_PROC_INIT, false };
	uint64_t stamp[4];
	int r;

	s->is_auto = opts->is_auto;
	r = open_all(&o);
	gv_proc_release(&o.listing);
	if (r < 0)
		return r;
	if (s->cache && (r = check_cache(s)) < 0)
		return r;
	s->threads = gv_workers_count(opts->threads);
	gv_survey_index_stamp(stamp, s->index);
	mind_replaced(s->index, &s->refs);
	s->same_index = s->cache &&
	    memcmp(stamp, s->cache->head->index, sizeof(stamp)) == 0;
	if ((r = gv_wish_open(&s->wish, s->repo, s->index, opts->said)) == 0)
		r = gv_working_copy_rules_open(
		    &s->rules, s->repo, opts->may_write);
	return r == 0 && s->wish.omits_base && !opts->stores_base
	    ? gv_working_copy_base(&s->base, s->repo, opts->may_write)
	    : r;
}

int
gv_survey_take(struct gv_survey *s, const struct gv_survey_opts *opts)
{
	struct gv_census_opts census = { .repo = s->repo,
		.index = s->index,
		.old = s->cache,
		.threads = s->threads,
		.same_index = s->same_index,
		.wish = &s->wish,
		.base = s->base.tool ? &s->base : NULL,
		.vcs = s->rules.vcs.tool ? &s->rules.vcs : NULL,
		.now = gv_clock_now().tv_sec,
		.daily = opts->daily,
		.hints = opts->hints };
	int r;

	if ((r = gv_census_take(&s->census, &census)) < 0 ||
	    (r = count_left(s)) != 0 || (r = gv_survey_rows(s)) < 0 ||
	    s->names_only)
		return r;
	return gv_survey_attributes(s);
}

void
gv_survey_close(struct gv_survey *s)
{
	gv_census_free(s->census);
	gv_wish_close(&s->wish);
	gv_base_release(&s->base);
	gv_working_copy_rules_close(&s->rules);
	gv_index_close(s->index);
	gv_statcache_close(s->cache);
	gv_refs_release(&s->refs);
	free(s->order);
	free(s->jobs);
	pthread_mutex_destroy(&s->lock);
}

/* Add a note that owns the path. */
static int
add_note(struct gv_survey *s, enum gv_survey_trouble what, char *path,
    const char *reason)
{
	struct gv_survey_found *out = s->found;
	int r;

	pthread_mutex_lock(&s->lock);
	if ((r = GV_GROW(out->notes, out->n_notes, out->cap_notes)) == 0)
		out->notes[out->n_notes++] =
		    (struct gv_survey_note){ what, path, reason };
	else
		free(path);
	pthread_mutex_unlock(&s->lock);
	return r;
}

int
gv_survey_note(struct gv_survey *s, enum gv_survey_trouble what, uint32_t dir,
    const struct gv_row *row, const char *reason)
{
	struct gv_buf path = GV_BUF_INIT;
	char *text;

	gv_census_path(s->census, dir, row, &path);
	text = gv_buf_take(&path);
	return text ? add_note(s, what, text, reason) : GV_ENOMEM;
}

int
gv_survey_note_path(struct gv_survey *s, enum gv_survey_trouble what,
    const char *path, const char *reason)
{
	const struct gv_survey_found *out = s->found;
	bool is_noted = false;
	char *text;
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < out->n_notes && !is_noted; i++)
		is_noted = out->notes[i].what == what &&
		    strcmp(out->notes[i].path, path) == 0;
	pthread_mutex_unlock(&s->lock);
	if (is_noted)
		return 0;
	text = strdup(path);
	return text ? add_note(s, what, text, reason) : gv_err_nomem();
}

void
gv_survey_forget_notes(struct gv_survey_found *out)
{
	size_t i;

	for (i = 0; i < out->n_notes; i++)
		free(out->notes[i].path);
	out->n_notes = 0;
}

void
gv_survey_found_release(struct gv_survey_found *found)
{
	gv_survey_forget_notes(found);
	free(found->notes);
	memset(found, 0, sizeof(*found));
}

/* ---- for those who only look --------------------------------------------- */

/* Open and take a survey without files to be searched. */
static int
look(struct gv_survey *s)
{
	static const struct gv_wish_said nothing_said;
	const struct gv_survey_opts opts = { .said = &nothing_said };
	int r = gv_survey_open(s, &opts);

	return r < 0 ? r : gv_survey_take(s, &opts);
}

int
gv_survey_empty_dirs(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_survey_found found = { 0 };
	struct gv_survey s = GV_SURVEY_INIT(repo, &found);
	int r;

	if ((r = look(&s)) == 0)
		r = gv_survey_list_empty(&s, out);
	gv_survey_close(&s);
	gv_survey_found_release(&found);
	return r;
}

int
gv_survey_each_held(struct gv_repo *repo,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_oid *pointer),
    void *ctx)
{
	struct gv_survey_found found = { 0 };
	struct gv_survey s = GV_SURVEY_INIT(repo, &found);
	int r = look(&s);

	if (r == 0)
		r = gv_survey_list_held(&s, fn, ctx);
	gv_survey_close(&s);
	gv_survey_found_release(&found);
	return r;
}
