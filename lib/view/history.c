#include "view/history_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "record/record_refs.h"
#include "record/record_save.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "view/content.h"

/* The path that a pathspec is nothing but, for git too; NULL where it may be
 * more. */
static const char *
path_of(const char *spec)
{
	static const char literal[] = ":(literal)";
	static const char *const magic[] = { "GIT_ICASE_PATHSPECS",
		"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
		"GIT_NOGLOB_PATHSPECS" };
	size_t i;

	for (i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (gv_env_get(magic[i]))
			return NULL;
	if (strncmp(spec, literal, sizeof(literal) - 1) == 0)
		return spec + sizeof(literal) - 1;
	return spec[0] != ':' && spec[strcspn(spec, "*?[\\")] == '\0' ? spec
								      : NULL;
}

/* No ref of its own says that a save is there. */
static bool
is_lost(struct gv_repo *repo, const char *id)
{
	return gv_record_refs_lost(repo, id) && !gv_record_save_is(repo, id);
}

int
gv_history_miss(const struct gv_history_job *job, size_t i, int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (job->damaged && !is_lost(job->repo, job->snapshots->records[i].id))
		gv_buf_addf(job->damaged, "snapshot %s: %s\n",
		    job->snapshots->records[i].id, gv_err_message());
	return 0;
}

static bool
is_partial_dir(
    const struct gv_history_state *state, const struct gv_record *rec)
{
	return rec->only && state->there && S_ISDIR(state->mode);
}

/* Where a snapshot of some files only holds a directory, it may lack files of
 * it at which it did not look: what is in the directory is a set then. */
static int
take_as_set(struct gv_history_state *states, const struct gv_history_job *job,
    size_t n_damaged)
{
	struct gv_history_state *sets;
	size_t i, n = job->snapshots->n;
	int r;

	for (i = 0; i < n; i++)
		if (is_partial_dir(&states[i], &job->snapshots->records[i]))
			break;
	if (i == n)
		return 0;
	sets = calloc(n, sizeof(*sets));
	if (sets == NULL)
		return gv_err_nomem();
	/* this reads more, and names what it cannot */
	if (job->damaged)
		gv_buf_truncate(job->damaged, n_damaged);
	r = gv_history_of_specs(sets, job);
	for (i = 0; r == 0 && i < n; i++) {
		states[i].known = sets[i].known;
		states[i].key = sets[i].key;
	}
	free(sets);
	return r;
}

/* Whether the path may be a directory that has no file in it somewhere: it has
 * some elsewhere, or is in no tree at all. */
static bool
may_be_bare(const struct gv_history_state *states, size_t n)
{
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (states[i].there && S_ISDIR(states[i].mode))
			return true;
		any |= states[i].there;
	}
	return !any;
}

static int
look(struct gv_history_state *states, const struct gv_history_job *job,
    bool plain)
{
	size_t n_damaged = job->damaged ? job->damaged->len : 0;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (!plain)
		return gv_history_of_specs(states, job);
	r = gv_content_path(&path, job->repo, path_of(job->opts->paths[0]));
	if (r < 0 || (r = gv_history_of_path(states, job, path.p)) < 0 ||
	    (r = take_as_set(states, job, n_damaged)) < 0)
		goto out;
	if ((job->opts->metadata || may_be_bare(states, job->snapshots->n)) &&
	    (r = gv_history_add_manifests(states, job, path.p)) < 0)
		goto out;
	r = gv_history_mind_skipped(states, job, path.p);
out:
	gv_buf_release(&path);
	return r;
}

/* How the paths stood in each snapshot; *plain where they are one path. One of
 * some files only, which holds nothing of it, has not looked there. */
static int
find_states(struct gv_history_state *states, const struct gv_history_job *job,
    bool *plain)
{
	const char *const *paths = job->opts->paths;
	size_t i;
	int r;

	*plain = paths[0] && paths[1] == NULL && path_of(paths[0]);
	if (!*plain && job->opts->metadata)
		return gv_err(GV_EUSAGE,
		    "--metadata takes one path, without wildcards unless it "
		    "begins with ':(literal)'");
	r = look(states, job, *plain);
	for (i = 0; r == 0 && i < job->snapshots->n; i++)
		if (job->snapshots->records[i].only && !states[i].there)
			states[i].known = false;
	return r;
}

int
gv_history_mark(bool *changed, struct gv_repo *repo,
    const struct gv_records *snapshots, const char *const *paths,
    struct gv_buf *damaged)
{
	const struct gv_history_opts opts = { .paths = paths };
	const struct gv_history_job job = { repo, snapshots, &opts, damaged };
	struct gv_history_state *states, *before = NULL;
	size_t i;
	bool plain;
	int r;

	states = calloc(snapshots->n + 1, sizeof(*states));
	if (states == NULL)
		return gv_err_nomem();
	r = find_states(states, &job, &plain);
	for (i = snapshots->n; r == 0 && i-- > 0;) {
		changed[i] = states[i].known &&
		    (before ? !gv_oid_equal(&states[i].key, &before->key)
			    : states[i].there);
		if (states[i].known)
			before = &states[i];
	}
	free(states);
	return r;
}

/* --- from states to versions --- */

struct build {
	struct gv_history *h;
	const struct gv_history_state *states;
	struct gv_map by_key; /* to the place of a version, plus one */
	size_t *places;       /* what it points to: one for each snapshot */
	bool is_set;
	size_t at;          /* the version that stood last */
	size_t before_that; /* the snapshot that held it, the newest */
	size_t full;        /* the newest that is not of some files only */
};

static enum gv_history_change
compare(const struct gv_history_state *from, const struct gv_history_state *to)
{
	assert(to);
	if (!to->there)
		return GV_HISTORY_REMOVED;
	if (from == NULL || !from->there)
		return GV_HISTORY_ADDED;
	if ((from->mode & S_IFMT) != (to->mode & S_IFMT))
		return GV_HISTORY_TYPE;
	if (!gv_oid_equal(&from->oid, &to->oid))
		return GV_HISTORY_CHANGED;
	return from->mode != to->mode ? GV_HISTORY_MODE : GV_HISTORY_METADATA;
}

/* The place of the version that snapshot i holds, made where it is new. */
static int
version_of(struct build *b, size_t i, size_t *out)
{
	const struct gv_history_state *s = &b->states[i];
	struct gv_history *h = b->h;
	size_t *place = gv_map_get(&b->by_key, &s->key, sizeof(s->key));
	int r;

	if (place) {
		*out = *place;
		return 0;
	}
	r = GV_GROW(h->versions, h->n, h->cap);
	b->places[i] = h->n;
	if (r < 0)
		return r;
	r = gv_map_put(&b->by_key, &s->key, sizeof(s->key), &b->places[i]);
	if (r < 0)
		return r;
	*out = h->n;
	h->versions[h->n++] = (struct gv_history_version){
		.there = s->there,
		.is_set = b->is_set,
		.mode = s->mode,
		.oid = s->oid,
		.size = s->files,
	};
	return 0;
}

/* Which snapshot to compare the i-th with. One of some files only lacks most of
 * a set or a directory. */
static size_t
base_of(const struct build *b, size_t i)
{
	bool is_many = b->is_set || S_ISDIR(b->states[i].mode);

	return is_many && b->full != GV_HISTORY_NONE ? b->full : b->before_that;
}

/* How snapshot i differs from what stood before. One of some files only may
 * hold, of a directory, what all hold now: what went is not to be seen there.
 */
static enum gv_history_change
change_of(const struct build *b, size_t i)
{
	const struct gv_history_state *s = &b->states[i];
	enum gv_history_change change;

	if (b->at == GV_HISTORY_NONE)
		return compare(NULL, s);
	change = compare(&b->states[b->before_that], s);
	return change == GV_HISTORY_METADATA
	    ? compare(&b->states[base_of(b, i)], s)
	    : change;
}

static int
begin_run(struct build *b, size_t version, size_t i)
{
	struct gv_history_version *v = &b->h->versions[version];
	bool is_first = b->at == GV_HISTORY_NONE;
	int r = GV_GROW(v->runs, v->n_runs, v->cap_runs);

	if (r == 0)
		v->runs[v->n_runs++] = (struct gv_history_run){
			.first = i,
			.last = i,
			.before = is_first ? GV_HISTORY_NONE : base_of(b, i),
			.change = change_of(b, i),
		};
	return r;
}

/* Take snapshot i in, the next newer one. */
static int
take(struct build *b, size_t i)
{
	struct gv_history_version *v;
	size_t version;
	int r;

	/* before it came it was not gone */
	if (!b->states[i].known ||
	    (!b->states[i].there && b->at == GV_HISTORY_NONE))
		return 0;
	if ((r = version_of(b, i, &version)) < 0)
		return r;
	if (version != b->at && (r = begin_run(b, version, i)) < 0)
		return r;
	v = &b->h->versions[version];
	assert(v->runs && v->n_runs > 0);
	v->runs[v->n_runs - 1].last = i;
	v->runs[v->n_runs - 1].n++;
	v->n++;
	b->at = version;
	b->before_that = i;
	if (b->h->snapshots.records[i].only == NULL)
		b->full = i;
	return 0;
}

static int
by_newest(const void *a, const void *b)
{
	const struct gv_history_version *x = a, *y = b;
	size_t i = x->runs[x->n_runs - 1].last, j = y->runs[y->n_runs - 1].last;

	return i < j ? -1 : i > j;
}

static int
build(struct gv_history *h, const struct gv_history_state *states, bool is_set)
{
	struct build b = { .h = h,
		.states = states,
		.by_key = GV_MAP_INIT,
		.is_set = is_set,
		.at = GV_HISTORY_NONE,
		.full = GV_HISTORY_NONE };
	size_t i;
	int r = 0;

	assert(states);
	b.places = calloc(h->snapshots.n + 1, sizeof(*b.places));
	if (b.places == NULL)
		return gv_err_nomem();
	for (i = h->snapshots.n; r == 0 && i-- > 0;)
		r = take(&b, i);
	if (r == 0 && h->n > 1)
		qsort(h->versions, h->n, sizeof(*h->versions), by_newest);
	gv_map_release(&b.by_key);
	free(b.places);
	return r;
}

/* The size of a file or link; of one in chunks what the pointer says. */
static int
find_size(struct gv_history_version *v, const struct gv_history_job *job,
    struct gv_odb *odb, const char *path)
{
	const struct gv_record *rec =
	    &job->snapshots->records[v->runs[v->n_runs - 1].last];
	struct gv_chunk_pointer pointer;
	int r = gv_odb_read_size(odb, &v->size, &v->oid);

	if (r < 0)
		return r;
	r = S_ISREG(v->mode) ? gv_content_is_chunked(odb, rec, path, &v->oid)
			     : 0;
	if (r > 0)
		r = gv_chunk_pointer_load(&pointer, odb, &v->oid);
	else
		return r;
	if (r == 0)
		v->size = pointer.size;
	return r;
}

static int
find_sizes(struct gv_history *h, const struct gv_history_job *job)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_odb *odb;
	size_t i;
	int r = gv_content_path(&path, job->repo, path_of(job->opts->paths[0]));

	if (r == 0)
		r = gv_repo_odb(job->repo, &odb);
	for (i = 0; r == 0 && i < h->n; i++) {
		struct gv_history_version *v = &h->versions[i];

		if (!v->there || !(S_ISREG(v->mode) || S_ISLNK(v->mode)))
			continue;
		r = find_size(v, job, odb, path.p);
		v->has_size = r == 0;
		if (r < 0)
			r = gv_history_miss(
			    job, v->runs[v->n_runs - 1].last, r);
	}
	gv_buf_release(&path);
	return r;
}

static int
none_at_all(struct gv_repo *repo)
{
	struct gv_buf saves = GV_BUF_INIT;
	int r;

	if (gv_record_save_only(&saves, repo, gv_clock_now().tv_sec) == 0)
		gv_buf_addf(
		    &saves, "; %s", gv_remote_no_snapshot(&repo->config));
	if ((r = gv_buf_check(&saves)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    "there is no snapshot in this repository yet%s", saves.p);
	gv_buf_release(&saves);
	return r;
}

/* No snapshot holds it, or none that can be read: which name is the nearest in
 * the newest one? */
static int
never_held(const struct gv_history_job *job, bool plain)
{
	const char *damage = job->damaged->p;
	const int len = (int)strcspn(damage, "\n");
	struct gv_buf path = GV_BUF_INIT;
	struct gv_content c;
	int r;

	if (job->snapshots->n == 0 && len)
		return gv_err(GV_ECORRUPT, "no snapshot here can be read: %.*s",
		    len, damage);
	if (job->snapshots->n == 0)
		return none_at_all(job->repo);
	if (!plain && len)
		return gv_err(GV_ECORRUPT,
		    "no snapshot that can be read holds anything that these "
		    "paths match: %.*s",
		    len, damage);
	if (!plain)
		return gv_err(GV_ENOTFOUND,
		    "no snapshot holds anything that these paths match");
	if ((r = gv_content_path(
		 &path, job->repo, path_of(job->opts->paths[0]))) == 0)
		r = gv_content_find(
		    &c, job->repo, &job->snapshots->records[0], path.p);
	gv_buf_release(&path);
	if (r == 0) /* all that could be read were older than what holds it */
		return gv_err(GV_ECORRUPT, "the snapshots cannot be read");
	return r == GV_ENOTFOUND
	    ? gv_err_in(r, "no snapshot %sever held this path",
		  len ? "that can be read " : "")
	    : r;
}

int
gv_history_load(struct gv_history *out, struct gv_repo *repo,
    const struct gv_history_opts *opts)
{
	struct gv_history h = { .damaged = GV_BUF_INIT };
	const struct gv_history_job job = { repo, &h.snapshots, opts,
		&h.damaged };
	struct gv_history_state *states = NULL;
	bool plain = false;
	int r = 0;

	if (opts->of != GV_HISTORY_OF_SAVES)
		r = gv_records_recall(&h.snapshots, repo, &h.damaged);
	if (r == 0 && opts->of != GV_HISTORY_OF_SNAPSHOTS)
		r = gv_record_save_add(&h.snapshots, repo, &h.damaged);
	if (r < 0)
		goto out;
	states = calloc(h.snapshots.n + 1, sizeof(*states));
	r = states ? find_states(states, &job, &plain) : gv_err_nomem();
	if (r < 0 || (r = build(&h, states, !plain)) < 0)
		goto out;
	if (h.n == 0 && (r = never_held(&job, plain)) < 0)
		goto out;
	if (plain && (r = find_sizes(&h, &job)) != 0)
		goto out;
	r = gv_buf_check(&h.damaged);
out:
	free(states);
	if (r < 0)
		gv_history_release(&h);
	else
		*out = h;
	return r;
}

bool
gv_history_is_lost(const struct gv_history *h, struct gv_repo *repo, size_t i)
{
	return is_lost(repo, h->snapshots.records[i].id);
}

void
gv_history_release(struct gv_history *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		free(h->versions[i].runs);
	free(h->versions);
	gv_records_release(&h->snapshots);
	gv_buf_release(&h->damaged);
	memset(h, 0, sizeof(*h));
}
