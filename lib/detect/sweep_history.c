#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "remote/remote_ref.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/proc.h"
#include "sys/workers.h"

/* Commits that one git compares; what it says of them is held. */
#define BATCH_MIN 200 /* worth the start of another git */
#define BATCH_MAX 1000
#define LINE      (GV_OID_HEX + 1) /* of a list of commits */

/*
 * git diff-tree writes for each commit
 *	<commit> NUL { line NUL path NUL }
 * where a line has as many colons in front as the commit has parents, and then
 * the modes of all parents and its own, the ids of the same, and letters. Of
 * two trees it writes "<tree> <tree>" and a newline in place of the commit.
 */
#define MODE (6 + 1)
#define ID   (GV_OID_HEX + 1)

struct reading {
	struct gv_sweep *sweep;
	struct gv_map blobs;               /* by id, to the first place */
	struct gv_map places;              /* by id and path */
	struct gv_oid commit;              /* that is read */
	const struct gv_sweep_pair *pairs; /* that come next */
	size_t n_pairs;
	bool names_only; /* of the pair that is read */
	struct gv_buf key;
	/* of a push: what its commits say, by their ids; the names of files
	 * that the one at hand adds */
	const struct gv_sweep_push *push;
	struct gv_map texts;
	struct gv_buf names;
};

static int
set_key(struct reading *rd, const struct gv_oid *blob, const char *path)
{
	gv_buf_reset(&rd->key);
	gv_buf_add(&rd->key, blob->id, GV_OID_RAW);
	gv_buf_add(&rd->key, path, strlen(path));
	return gv_buf_check(&rd->key);
}

/* A place that is new, and with the first one of a blob the job to scan it, or
 * the text that stands for it. */
static int
add_place_of(struct reading *rd, const struct gv_oid *blob,
    const struct gv_sweep_text *text)
{
	struct gv_sweep_private *p = rd->sweep->private;
	struct gv_finding_place *place, *first;
	char *key = gv_arena_copy(&p->arena, rd->key.p, rd->key.len);
	int r;

	place = gv_arena_alloc(&p->arena, sizeof(*place));
	if (key == NULL || place == NULL)
		return GV_ENOMEM;
	place->path = key + GV_OID_RAW;
	place->blob = *blob;
	place->introduced = rd->commit;
	r = gv_map_put(&rd->places, key, rd->key.len, place);
	if (r < 0)
		return r;
	first = gv_map_get(&rd->blobs, blob->id, GV_OID_RAW);
	place->first = first ? first : place;
	if (first) {
		place->next = first->next;
		first->next = place;
		return 0;
	}
	r = gv_map_put(&rd->blobs, key, GV_OID_RAW, place);
	return r < 0 ? r
		     : gv_sweep_add_job(rd->sweep,
			   &(struct gv_sweep_job){ .path = place->path,
			       .root = -1,
			       .blob = *blob,
			       .text = text,
			       .places = place });
}

static int
add_place(struct reading *rd, const struct gv_oid *blob)
{
	return add_place_of(rd, blob, NULL);
}

/* The text of an object, or of names that have that id; `path` is what it is
 * reported as. NULL: there is no memory. */
static struct gv_sweep_text *
add_text(struct reading *rd, const struct gv_oid *id, const char *path)
{
	struct gv_arena *arena = &rd->sweep->private->arena;
	struct gv_sweep_text *text = gv_arena_alloc(arena, sizeof(*text));

	if (text == NULL || set_key(rd, id, path) < 0)
		return NULL;
	memset(text, 0, sizeof(*text));
	if (gv_map_get(&rd->places, rd->key.p, rd->key.len))
		return text;
	return add_place_of(rd, id, text) < 0 ? NULL : text;
}

/* What it says; names of files that it adds go to the same text. */
static int
add_commit_text(
    struct reading *rd, const struct gv_oid *commit, const char *path)
{
	struct gv_sweep_text *text;
	const char *key;

	rd->commit = *commit;
	text = add_text(rd, commit, path);
	key = gv_arena_copy(
	    &rd->sweep->private->arena, (const char *)commit->id, GV_OID_RAW);
	return text && key ? gv_map_put(&rd->texts, key, GV_OID_RAW, text)
			   : GV_ENOMEM;
}

/* The names of files that the commit at hand was seen to add go to its text. */
static int
keep_names(struct reading *rd)
{
	struct gv_sweep_text *text = rd->names.len
	    ? gv_map_get(&rd->texts, rd->commit.id, GV_OID_RAW)
	    : NULL;
	int r = gv_buf_check(&rd->names);

	/* of a snapshot more than one tree is compared */
	if (r == 0 && text) {
		gv_buf_add(&rd->names, text->names, text->len);
		r = gv_buf_check(&rd->names);
		text->len = rd->names.len;
		text->names = gv_arena_copy(
		    &rd->sweep->private->arena, rd->names.p, rd->names.len);
		r = text->names ? r : GV_ENOMEM;
	}
	gv_buf_reset(&rd->names);
	return r;
}

static bool
is_file(const struct reading *rd, const char *mode)
{
	return (!rd->names_only && strncmp(mode, "100", 3) == 0) ||
	    (rd->push && strncmp(mode, "120", 3) == 0);
}

static bool
is_new(const char *modes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(modes + MODE * i, "000000", 6) != 0)
			return false;
	return true;
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

	if (rd->push && is_new(line, n))
		gv_buf_addf(&rd->names, "%s\n", path);
	for (i = 0; r == 0 && i < n; i++) {
		place = is_file(rd, line + MODE * i)
		    ? find_place(rd, &r, ids + ID * i, path)
		    : NULL;
		if (place)
			place->removed = rd->commit;
	}
	if (r < 0 || !is_file(rd, line + MODE * n))
		return r;
	place = find_place(rd, &r, own, path);
	if (place)
		memset(&place->removed, 0, sizeof(place->removed));
	else if (r == 0 && gv_oid_parse(&blob, own) == 0)
		r = add_place(rd, &blob);
	return r;
}

/* What the next lines are of: a commit, or the next pair of trees. */
static int
take_head(struct reading *rd, const char **p)
{
	int r = keep_names(rd);

	if (r < 0)
		return r;
	if (gv_oid_parse(&rd->commit, *p) < 0)
		return gv_err(GV_ERROR, "git diff-tree names no commit");
	*p += ID;
	rd->names_only = false;
	if ((*p)[-1] != ' ')
		return 0;
	if (rd->n_pairs == 0)
		return gv_err(GV_ERROR, "git diff-tree names a tree too many");
	rd->names_only = rd->pairs->names_only;
	rd->commit = rd->pairs++->commit;
	rd->n_pairs--;
	*p += ID;
	return 0;
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
			r = take_head(rd, &p);
			continue;
		}
		path = p + strlen(p) + 1;
		if ((size_t)(path - p) <= n + (MODE + ID) * (n + 1) ||
		    path >= end)
			return gv_err(GV_ERROR,
			    "git diff-tree printed unexpected output");
		r = take_line(rd, p + n, n, path);
		p = path + strlen(path) + 1;
	}
	return r < 0 ? r : keep_names(rd);
}

static int
run_git(
    struct gv_proc *git, const char *const *argv, const char *in, size_t len)
{
	const struct gv_proc_opts how = {
		.argv = argv, .in = in, .in_len = len
	};

	return gv_proc_run(git, &how);
}

static int
run_diff_tree(struct gv_proc *git, const char *commits, size_t len)
{
	/* of a merge only what none of its parents has */
	static const char *const argv[] = { "git", "diff-tree", "--stdin", "-r",
		"-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev",
		"--ignore-submodules=none", NULL };
	int r = gv_cancel_requested() ? gv_cancel_error() : 0;

	if (r == 0 && (r = run_git(git, argv, commits, len)) == 0 &&
	    git->status != 0)
		r = gv_err(GV_ERROR,
		    "the history cannot be read: git diff-tree: %s",
		    gv_proc_why(git));
	return r;
}

static int
compare_batch(struct reading *rd, const char *commits, size_t len)
{
	struct gv_proc git = GV_PROC_INIT;
	int r = run_diff_tree(&git, commits, len);

	if (r == 0)
		r = take_output(rd, &git.out);
	gv_proc_release(&git);
	return r;
}

/* Batches that several gits compare at a time, whose changes are read one after
 * the other: what a commit has taken out an older one has brought. */
struct batches {
	struct reading *rd;
	const char *commits; /* lines, the oldest first */
	size_t len, step;    /* of all, and of a batch, in bytes */
	pthread_mutex_t lock;
	pthread_cond_t is_read;
	size_t next; /* to be compared; `len` once one has failed */
	size_t read; /* all in front of it */
	bool has_failed;
};

static size_t
take_batch(struct batches *b, size_t *n)
{
	size_t at;

	pthread_mutex_lock(&b->lock);
	at = b->next;
	*n = b->len - at < b->step ? b->len - at : b->step;
	b->next = at + *n;
	pthread_mutex_unlock(&b->lock);
	return at;
}

/* What git says of a batch, once its turn has come. */
static int
read_batch(
    struct batches *b, size_t at, size_t n, const struct gv_buf *out, int r)
{
	pthread_mutex_lock(&b->lock);
	while (r == 0 && b->read != at && !b->has_failed)
		pthread_cond_wait(&b->is_read, &b->lock);
	if (r == 0 && !b->has_failed)
		r = take_output(b->rd, out);
	b->read = at + n;
	if (r < 0) {
		b->has_failed = true;
		b->next = b->len;
	}
	pthread_cond_broadcast(&b->is_read);
	pthread_mutex_unlock(&b->lock);
	return r;
}

static int
compare_some(void *ctx, int number)
{
	struct batches *b = ctx;
	size_t at, n;
	int r = 0;

	(void)number;
	for (at = take_batch(b, &n); r == 0 && n; at = take_batch(b, &n)) {
		struct gv_proc git = GV_PROC_INIT;

		r = run_diff_tree(&git, b->commits + at, n);
		r = read_batch(b, at, n, &git.out, r);
		gv_proc_release(&git);
	}
	return r;
}

static int
compare_all(struct reading *rd, const struct gv_buf *commits)
{
	struct batches b = { .rd = rd,
		.commits = commits->p,
		.len = commits->len,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.is_read = PTHREAD_COND_INITIALIZER };
	const size_t n = commits->len / LINE;
	size_t threads =
	    (size_t)gv_workers_count(rd->sweep->private->opts.threads);
	size_t each = (n + threads - 1) / threads;
	int r;

	each = each < BATCH_MIN ? BATCH_MIN : each;
	each = each > BATCH_MAX ? BATCH_MAX : each;
	b.step = each * LINE;
	if (threads > (n + each - 1) / each)
		threads = (n + each - 1) / each;
	r = gv_workers_run((int)threads, compare_some, &b);
	pthread_cond_destroy(&b.is_read);
	pthread_mutex_destroy(&b.lock);
	return r;
}

/* Objects lie in packs in an order in which they are cheap to read. */
struct placed {
	uint64_t at;
	struct gv_sweep_job job;
};

static int
by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static int
sort_jobs(struct gv_sweep_private *p)
{
	struct placed *all;
	size_t i;
	int r = p->n_jobs ? gv_odb_gather(p->odb) : 0;

	if (r < 0)
		return r;
	all = malloc((p->n_jobs + 1) * sizeof(*all));
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

/* --- what is known --- */

/* The places of what is known, so that new commits may change them; and the job
 * to tell its facts, or to scan it where they are lost. */
static int
seed_blob(struct reading *rd, const struct gv_scanned_blob *b)
{
	struct gv_arena *arena = &rd->sweep->private->arena;
	struct gv_finding_place *place, *first = NULL, **at = &first;
	char *key;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < b->n_places; i++, at = &place->next) {
		r = set_key(rd, &b->oid, b->places[i].path);
		key =
		    r < 0 ? NULL : gv_arena_copy(arena, rd->key.p, rd->key.len);
		place = gv_arena_alloc(arena, sizeof(*place));
		if (key == NULL || place == NULL)
			return GV_ENOMEM;
		*place = (struct gv_finding_place){ .blob = b->oid,
			.path = key + GV_OID_RAW,
			.introduced = b->places[i].introduced,
			.removed = b->places[i].removed };
		*at = place;
		place->first = first;
		r = gv_map_put(&rd->places, key, rd->key.len, place);
		if (r == 0 && i == 0)
			r = gv_map_put(&rd->blobs, key, GV_OID_RAW, place);
	}
	return r < 0 || first == NULL
	    ? r
	    : gv_sweep_add_job(rd->sweep,
		  &(struct gv_sweep_job){ .path = first->path,
		      .root = -1,
		      .blob = b->oid,
		      .places = first,
		      .is_known = true });
}

static int
seed(struct reading *rd)
{
	struct gv_sweep_private *p = rd->sweep->private;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->known.n; i++)
		r = seed_blob(rd, &p->known.blobs[i]);
	return r;
}

/* --- all of it --- */

/* What the commits stand on that are new is history already, but of a snapshot
 * only what it holds of files was looked at: on top of it all of it counts. */
static int
read_edge(struct reading *rd, const char *line)
{
	char text[2 * LINE + 1], hex[GV_OID_HEX + 1];
	struct gv_record rec = { .format = 0 };
	struct gv_sweep_pair pair = { .names_only = false };
	int r = gv_oid_parse(&pair.commit, line) < 0
	    ? gv_err(GV_ERROR, "git rev-list names no commit")
	    : gv_record_load(&rec, rd->sweep->private->opts.repo, &pair.commit);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	gv_oid_format(hex, &rec.root);
	gv_oid_format(text, &gv_oid_empty_tree);
	(void)snprintf(
	    text + GV_OID_HEX, sizeof(text) - GV_OID_HEX, " %s\n", hex);
	gv_record_release(&rec);
	rd->pairs = &pair;
	rd->n_pairs = 1;
	r = compare_batch(rd, text, strlen(text));
	rd->pairs = NULL;
	rd->n_pairs = 0;
	return r;
}

/* A commit of a line "ID PARENT...", of which the id alone is kept. */
static int
take_commit(struct reading *rd, const char *line, size_t len)
{
	struct gv_oid commit;

	if (rd->push == NULL)
		return 0;
	if (rd->push->graph)
		gv_buf_add(rd->push->graph, line, len);
	return gv_oid_parse(&commit, line) < 0
	    ? gv_err(GV_ERROR, "git rev-list names no commit")
	    : add_commit_text(rd, &commit, GV_SWEEP_MESSAGE);
}

/* Take out what git has marked as the edge, "-" and the commit, and parents. */
static int
take_commits(struct reading *rd, struct gv_buf *lines)
{
	char *p = lines->p, *to = p, *end = p + lines->len, *nl;
	int r = 0;

	for (; r == 0 && end - p >= LINE; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			break;
		if (*p == '-') {
			r = read_edge(rd, p + 1);
			continue;
		}
		r = take_commit(rd, p, (size_t)(nl + 1 - p));
		memmove(to, p, LINE - 1);
		to[LINE - 1] = '\n';
		to += LINE;
	}
	gv_buf_truncate(lines, (size_t)(to - lines->p));
	if (r == 0 && rd->push && rd->push->graph)
		r = gv_buf_check(rd->push->graph);
	return r;
}

/* The commits that git lists, the oldest first. */
static int
read_commits(
    struct reading *rd, const char *const *argv, const struct gv_buf *in)
{
	struct gv_proc git = GV_PROC_INIT;
	int r = run_git(&git, argv, in->p, in->len);

	if (r == 0 && git.status != 0)
		r = gv_err(GV_ENOTFOUND, "these commits cannot be listed: %s",
		    gv_proc_why(&git));
	if (r == 0 && git.out.len)
		r = take_commits(rd, &git.out);
	if (r == 0 && git.out.len)
		r = compare_all(rd, &git.out);
	gv_proc_release(&git);
	return r;
}

static int
read_pairs(struct reading *rd, const struct gv_sweep_push *push)
{
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];
	struct gv_buf in = GV_BUF_INIT;
	size_t i;
	int r;

	rd->pairs = push->pairs;
	rd->n_pairs = push->n_pairs;
	for (i = 0; i < push->n_pairs; i++) {
		gv_oid_format(from, &push->pairs[i].from);
		gv_oid_format(to, &push->pairs[i].to);
		gv_buf_addf(&in, "%s %s\n", from, to);
	}
	if ((r = gv_buf_check(&in)) == 0 && in.len)
		r = compare_batch(rd, in.p, in.len);
	gv_buf_release(&in);
	return r;
}

static int
read_loose(struct reading *rd, const struct gv_sweep_push *push)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < push->n_loose; i++) {
		memset(&rd->commit, 0, sizeof(rd->commit));
		r = set_key(rd, &push->loose[i].blob, push->loose[i].path);
		if (r == 0 && !gv_map_get(&rd->places, rd->key.p, rd->key.len))
			r = add_place(rd, &push->loose[i].blob);
	}
	return r;
}

static int
read_said(struct reading *rd, const struct gv_sweep_push *push)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < push->n_said; i++)
		r = add_commit_text(rd, &push->said[i], GV_SWEEP_OBJECT);
	for (i = 0; r == 0 && i < push->n_more; i++) {
		rd->commit = push->more[i].of;
		gv_buf_addstr(&rd->names, push->more[i].text);
		r = keep_names(rd);
	}
	return r;
}

static int
read_names(struct reading *rd, const struct gv_sweep_push *push)
{
	struct gv_sweep_text *text;
	struct gv_oid id;

	if (push->names == NULL || push->names->len == 0)
		return 0;
	memset(&rd->commit, 0, sizeof(rd->commit));
	gv_hash_plain(&id, push->names->p, push->names->len);
	text = add_text(rd, &id, GV_SWEEP_REFS);
	if (text == NULL)
		return GV_ENOMEM;
	text->is_bare = true;
	text->len = push->names->len;
	text->names = gv_arena_copy(
	    &rd->sweep->private->arena, push->names->p, push->names->len);
	return text->names ? 0 : GV_ENOMEM;
}

static int
read_push(struct reading *rd, const struct gv_sweep_push *push)
{
	int r;

	if ((r = read_said(rd, push)) < 0 || (r = read_pairs(rd, push)) < 0 ||
	    (r = read_loose(rd, push)) < 0)
		return r;
	return read_names(rd, push);
}

/* What the commits have brought that git lists; `argv` NULL: there are none;
 * and what else a push has, if it is one. */
int
gv_sweep_add_commits(struct gv_sweep *sweep, const char *const *argv,
    const struct gv_buf *in, const struct gv_sweep_push *push)
{
	struct gv_sweep_private *p = sweep->private;
	struct reading rd = { .sweep = sweep,
		.blobs = GV_MAP_INIT,
		.places = GV_MAP_INIT,
		.key = GV_BUF_INIT,
		.push = push,
		.texts = GV_MAP_INIT,
		.names = GV_BUF_INIT };
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	p->skips_sealed = push != NULL;
	if (r == 0 && (r = seed(&rd)) == 0 && argv)
		r = read_commits(&rd, argv, in);
	if (r == 0 && push)
		r = read_push(&rd, push);
	if (r == 0)
		r = sort_jobs(p);
	gv_map_release(&rd.blobs);
	gv_map_release(&rd.places);
	gv_map_release(&rd.texts);
	gv_buf_release(&rd.key);
	gv_buf_release(&rd.names);
	return r;
}
