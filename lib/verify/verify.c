#include "verify/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "record/record_parse.h"
#include "record/record_refs.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "state/track.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "verify/verified.h"
#include "verify/verify_internal.h"

/* Objects read between two looks at the clock. */
#define PIECE 2048

void
gv_verify_tell(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const char *path, size_t len, const struct gv_oid *oid, const char *reason)
{
	struct gv_verify_fault fault = { .snapshot = s->state ? "" : s->id,
		.in_trash = s->in_trash,
		.is_save = s->is_save,
		.state = s->state,
		.path = path,
		.len = len,
		.reason = reason };

	if (oid)
		fault.oid = *oid;
	if (s->state)
		fault.version = s->commit;
	if (!s->damaged && s->state) {
		run->result->bad_versions++;
	} else if (!s->damaged) {
		s->lost = !s->in_trash && !s->is_save &&
		    gv_record_refs_lost(run->repo, s->id);
		run->result->damaged += !s->lost;
	}
	s->damaged = true;
	if (s->lost)
		return;
	gv_verify_faulty_note(run, s);
	run->result->faults++;
	if (run->opts->fault)
		run->opts->fault(run->opts->fault_ctx, &fault);
}

/* Tell of the snapshot as a whole. */
static void
tell(
    struct gv_verify_run *run, struct gv_verify_snapshot *s, const char *reason)
{
	gv_verify_tell(run, s, "", 0, NULL, reason);
}

struct gv_verify_snapshot *
gv_verify_add(struct gv_verify_run *run)
{
	struct gv_verify_snapshot *s;

	if (GV_GROW(run->snapshots, run->n_snapshots, run->cap_snapshots) < 0)
		return NULL;
	s = &run->snapshots[run->n_snapshots++];
	memset(s, 0, sizeof(*s));
	return s;
}

/* The commits that a snapshot keeps alive, and whether the message says how
 * much it holds. */
struct head {
	bool has_files, has_bytes;
};

static int
check_parents(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_object *obj, struct head *head)
{
	const char *p = (const char *)obj->data, *end = p + obj->len, *lf;
	enum gv_otype type;
	struct gv_oid oid;
	size_t size;
	int r;

	head->has_files = memmem(p, obj->len, "\nVault-Files: ", 14) != NULL;
	head->has_bytes = memmem(p, obj->len, "\nVault-Bytes: ", 14) != NULL;
	for (; p < end && *p != '\n'; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		if (lf - p != 7 + GV_OID_HEX || memcmp(p, "parent ", 7) != 0)
			continue;
		if (gv_oid_parse(&oid, p + 7) < 0) {
			tell(run, s, "its commit names an invalid parent");
			continue;
		}
		r = gv_odb_read_header(run->odb, &type, &size, &oid);
		if ((r == 0 && type == GV_OTYPE_COMMIT) ||
		    (r == GV_ENOTFOUND &&
			gv_shallow_has(&run->shallow, &s->commit)))
			continue;
		if (r < 0 && r != GV_ECORRUPT && r != GV_ENOTFOUND)
			return r;
		gv_verify_tell(run, s, "", 0, &oid,
		    r == GV_ENOTFOUND ? "a commit that it keeps is missing"
			: r < 0       ? gv_err_message()
				      : "its parent is no commit");
	}
	return 0;
}

static int
check_commit(
    struct gv_verify_run *run, struct gv_verify_snapshot *s, struct head *head)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, &s->commit, GV_OTYPE_COMMIT);

	memset(head, 0, sizeof(*head));
	if (r == 0) {
		run->result->objects++;
		run->result->bytes += obj.len;
		r = check_parents(run, s, &obj, head);
	}
	gv_object_release(&obj);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	gv_verify_tell(run, s, "", 0, &s->commit, gv_err_message());
	return 0;
}

/* There is no record: the commit is lost, and nothing else is reported of it,
 * or its text is no record. */
static int
tell_unread(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	char *why = strdup(gv_err_message());
	struct gv_object obj = { 0 };
	int r = why
	    ? gv_odb_read_type(run->odb, &obj, &s->commit, GV_OTYPE_COMMIT)
	    : gv_err_nomem();

	gv_object_release(&obj);
	if (r == 0) {
		tell(run, s, why);
	} else if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		s->gone = true;
		gv_verify_tell(run, s, "", 0, &s->commit, gv_err_message());
		r = 0;
	}
	free(why);
	return r;
}

/* First pass over a snapshot: its record, and the root of what it reaches. */
static int
note_record(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	int r = gv_record_load(&s->rec, run->repo, &s->commit);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r < 0)
		return tell_unread(run, s);
	s->known = true;
	run->result->without_base += s->rec.omits != NULL;
	assert(s->id);
	if (strcmp(s->rec.id, s->id) != 0)
		tell(run, s, "its commit names another snapshot");
	return gv_verify_note_root(run, &s->rec.root);
}

/* The same for repair: what a commit and the trees say, nothing else. */
static int
note_commit(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(run->odb, &obj, &s->commit, GV_OTYPE_COMMIT);

	r = gv_verify_rescue(run, &obj, &s->commit, GV_OTYPE_COMMIT, r);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_tell(run, s, "", 0, &s->commit, gv_err_message());
		return 0;
	}
	if (r == 0) {
		run->result->objects++;
		run->result->bytes += obj.len;
		r = gv_verify_history(run, s, &obj);
	}
	if (r == 0 && gv_record_parse(&s->rec, obj.data, obj.len) < 0)
		tell(run, s, gv_err_message());
	else
		s->known = r == 0;
	gv_object_release(&obj);
	return s->known ? gv_verify_note_root(run, &s->rec.root) : r;
}

/* First pass, for whoever asks. */
static int
note(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	if (s->state)
		return gv_verify_state_note(run, s);
	return run->opts->rescue ? note_commit(run, s)
				 : note_record(run, s); /* NOLINT: run's */
}

/* A snapshot while it is rehearsed. */
struct rehearsed {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	struct gv_verify_counts *counts;
	int r; /* of a function that returns no failure */
};

static void
on_fault(void *ctx, const char *path, size_t len, const char *reason)
{
	const struct rehearsed *x = ctx;
	struct gv_buf full = GV_BUF_INIT;

	gv_buf_addstr(&full, len ? "tree/" : "tree");
	gv_buf_add(&full, path, len);
	gv_verify_tell(x->run, x->s, full.p, full.len, NULL, reason);
	gv_buf_release(&full);
}

/* In the tree, but it was not on disk. */
static void
on_absent(void *ctx, const struct gv_oid *oid)
{
	struct rehearsed *x = ctx;
	uint64_t size = 0;
	int r = gv_verify_size(&size, x->run, oid);

	if (r < 0 && x->r == 0)
		x->r = r;
	x->counts->absent_files++;
	x->counts->absent_bytes += size;
}

/* In the tree it is as large as its pointer, which it is not for a person. */
static bool
on_chunked(void *ctx, const char *path, size_t len,
    const struct gv_oid *pointer, uint64_t size)
{
	struct rehearsed *x = ctx;
	const struct gv_verify_object *o = gv_verify_find(x->run, pointer);
	const struct gv_verify_file f = { path, len, *pointer, size };
	uint64_t before = x->run->result->faults, own = 0;
	int r = 0;

	if (o && o->why == NULL) {
		if ((r = gv_verify_size(&own, x->run, pointer)) == 0)
			r = gv_verify_chunks(x->run, x->s, &f);
	}
	x->counts->absent_bytes += own - size;
	if (r < 0 && x->r == 0)
		x->r = r;
	return x->run->result->faults > before;
}

static void
check_counts(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct head *head, const struct gv_verify_counts *counts)
{
	char reason[160];
	uint64_t files = counts->files - counts->absent_files;
	uint64_t bytes = counts->bytes - counts->absent_bytes;

	if (head->has_files && files != s->rec.files) {
		snprintf(reason, sizeof(reason),
		    "its commit speaks of %" PRIu64
		    " files, but it holds %" PRIu64,
		    s->rec.files, files);
		tell(run, s, reason);
	}
	/* how large a file with its values is, only who opens them knows */
	if (head->has_bytes && bytes != s->rec.bytes && s->rec.secrets == 0 &&
	    !counts->is_unsized) {
		snprintf(reason, sizeof(reason),
		    "its commit speaks of %" PRIu64
		    " bytes, but it holds %" PRIu64,
		    s->rec.bytes, bytes);
		tell(run, s, reason);
	}
}

/* All of the snapshot, as a restore goes through it. */
static int
rehearse(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    struct gv_verify_counts *counts)
{
	struct rehearsed x = { .run = run, .s = s, .counts = counts };
	struct gv_restore_rehearsal how = { .deep = run->opts->deep,
		.threads = run->opts->threads,
		.fault = on_fault,
		.absent = on_absent,
		.chunked = on_chunked,
		.has_pointers = &counts->is_unsized,
		.ctx = &x };
	struct gv_oid oid;
	unsigned mode;
	int r;

	memset(counts, 0, sizeof(*counts));
	r = gv_tree_find(run->odb, &s->rec.meta, "manifest", &mode, &oid);
	if (r == GV_ENOTFOUND)
		gv_verify_tell(run, s, "meta/manifest", 13, NULL,
		    "the snapshot has no manifest");
	else if (r < 0)
		return r;
	r = gv_restore_rehearse(run->repo, &s->rec, &how);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_tell(
		    run, s, "meta/manifest", 13, NULL, gv_err_message());
		return 0;
	}
	return r < 0 ? r : x.r;
}

/* All of it, where it cannot be held against another snapshot. */
static int
look_closely(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    struct gv_verify_counts *counts)
{
	uint64_t before = run->result->faults;
	int r = rehearse(run, s, counts);

	/* sizes of what cannot be read are not known */
	if (r < 0 || run->result->faults != before)
		return r;
	return gv_verify_count(
	    run, &s->rec.tree, &counts->files, &counts->bytes);
}

/* Whether tree and manifest are known to fit by the snapshot before. */
static bool
follows(const struct gv_verify_run *run, const struct gv_verify_snapshot *s,
    struct gv_verify_counts *counts)
{
	if (run->opts->deep || run->fitting == NULL || run->fitting + 1 != s ||
	    !s->step.is_sure)
		return false;
	*counts = run->counts;
	counts->files += s->step.files;
	counts->bytes += s->step.bytes;
	return true;
}

/* Second pass: where damage shows, and whether the parts fit each other. */
static int
check(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	uint64_t before = run->result->faults;
	struct gv_verify_counts counts;
	struct head head;
	int r;

	if (s->state)
		return gv_verify_state(run, s);
	if (run->opts->rescue)
		return s->known ? gv_verify_paths(run, s) : 0;
	if (s->gone)
		return 0;
	r = check_commit(run, s, &head);
	if (r < 0 || !s->known)
		return r;
	if ((r = gv_verify_paths(run, s)) == 0 && s->trees_whole)
		r = gv_verify_revealed(run, s);
	if (r < 0 || !s->trees_whole)
		return r;
	if (run->result->faults != before)
		return rehearse(run, s, &counts);
	if (!follows(run, s, &counts))
		r = look_closely(run, s, &counts);
	if (r < 0 || run->result->faults != before)
		return r;
	check_counts(run, s, &head, &counts);
	if (!s->damaged) {
		run->fitting = s;
		run->counts = counts;
	}
	return 0;
}

static void
say_begin(const struct gv_verify_run *run, const char *title, uint64_t total)
{
	if (run->opts->begin)
		run->opts->begin(run->opts->progress_ctx, title, total);
}

static int
check_next(struct gv_verify_run *run, size_t i)
{
	int r = gv_cancel_requested() ? gv_cancel_error()
				      : check(run, &run->snapshots[i]);

	/* it was read whole by an earlier run of this round */
	if (run->cursor.begun && (r == GV_ECORRUPT || r == GV_ENOTFOUND)) {
		tell(run, &run->snapshots[i], gv_err_message());
		r = 0;
	}
	if (run->opts->add)
		run->opts->add(run->opts->progress_ctx, 1, 0);
	run->snapshots[i].checked = r == 0;
	if (run->snapshots[i].state)
		run->result->versions += r == 0;
	else if (run->snapshots[i].is_save)
		run->result->saves += r == 0;
	else if (run->snapshots[i].in_trash)
		run->result->trashed += r == 0;
	else
		run->result->snapshots += r == 0;
	return r;
}

/* Each behind the one that was taken before it, which it differs least from:
 * ids of one second are in no order. */
static int
sort_chains(struct gv_verify_run *run)
{
	size_t n = run->n_snapshots, n_out = 0, n_chain, i;
	struct gv_verify_snapshot *from = run->snapshots, *s;
	struct gv_verify_snapshot *out = calloc(n + 1, sizeof(*out));
	struct gv_verify_snapshot **chain = calloc(n + 1, sizeof(*chain));
	bool *placed = calloc(n + 1, sizeof(*placed));
	struct gv_map by_id = GV_MAP_INIT;
	int r = out && chain && placed ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < n; i++)
		r = gv_map_put(
		    &by_id, from[i].id, strlen(from[i].id), &from[i]);
	for (i = 0; r == 0 && i < n; i++) {
		n_chain = 0;
		for (s = &from[i]; s && !placed[s - from];) {
			const char *previous = s->rec.previous;

			placed[s - from] = true;
			chain[n_chain++] = s;
			s = previous
			    ? gv_map_get(&by_id, previous, strlen(previous))
			    : NULL;
		}
		while (n_chain)
			out[n_out++] = *chain[--n_chain];
	}
	if (r == 0) {
		run->snapshots = out;
		run->cap_snapshots = n + 1;
		out = from;
	}
	gv_map_release(&by_id);
	free(placed);
	free(chain);
	free(out);
	return r;
}

/* Everything at once: all trees, all files, all snapshots. */
static int
verify_all(struct gv_verify_run *run)
{
	size_t i;
	int r = 0;

	say_begin(run, "reading trees", 0);
	for (i = 0; r == 0 && i < run->n_snapshots; i++)
		r = note(run, &run->snapshots[i]);
	if (r == 0 && (r = sort_chains(run)) == 0 &&
	    (r = gv_verify_collect(run)) == 0)
		say_begin(run, "reading files", run->blobs.n);
	if (r == 0 && (r = gv_verify_read(run, SIZE_MAX)) == 0)
		say_begin(run, "checking snapshots", run->n_snapshots);
	if (r == 0 && !run->opts->deep && !run->opts->rescue)
		r = gv_verify_fit(run, 0, run->n_snapshots);
	/* a closer look takes as much memory again */
	gv_verify_layers_free(run->layers);
	run->layers = NULL;
	for (i = 0; r == 0 && i < run->n_snapshots; i++)
		r = check_next(run, i);
	say_begin(run, "", 0);
	return r;
}

/* --- in pieces --- */

static int
by_date(const void *a, const void *b)
{
	const struct gv_verify_snapshot *x = a, *y = b;

	/* those without a date would otherwise come first every time */
	if (gv_verify_is_dated(x) != gv_verify_is_dated(y))
		return gv_verify_is_dated(x) ? -1 : 1;
	if (x->verified != y->verified)
		return x->verified < y->verified ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* What was read whole needs not be read again in this round. */
static int
remember(struct gv_verify_run *run, const struct gv_verify_list *list,
    size_t from, size_t to)
{
	int r = 0;

	for (; r == 0 && from < to; from++)
		if (list->items[from]->why == NULL)
			r = gv_verify_cursor_add(
			    &run->cursor, &list->items[from]->oid);
	return r;
}

/* One snapshot; 1 when it is done, 0 when the time is over before. */
static int
verify_piece(struct gv_verify_run *run, size_t i, long long deadline)
{
	size_t trees = run->trees.n, blobs;
	int r;

	if ((r = note(run, &run->snapshots[i])) < 0 ||
	    (r = gv_verify_collect(run)) < 0)
		return r;
	while (r == 0 && run->blobs_read < run->blobs.n) {
		blobs = run->blobs_read;
		if ((r = gv_verify_read(run, PIECE)) == 0)
			r = remember(run, &run->blobs, blobs, run->blobs_read);
		if (r == 0 && run->blobs_read < run->blobs.n &&
		    gv_clock_tick() >= deadline)
			return 0;
	}
	if (r < 0)
		return r;
	if (!run->opts->deep && (r = gv_verify_fit(run, i, i + 1)) < 0)
		return r;
	if ((r = check_next(run, i)) < 0)
		return r;
	/* what is damaged below may have been met with another snapshot */
	if (!run->snapshots[i].damaged &&
	    (r = remember(run, &run->trees, trees, run->trees.n)) < 0)
		return r;
	return 1;
}

/* Those that this round has not come to yet go to the front. */
static size_t
sort_due(struct gv_verify_run *run)
{
	size_t i, n = 0;

	if (run->n_snapshots)
		qsort(run->snapshots, run->n_snapshots, sizeof(*run->snapshots),
		    by_date);
	for (i = 0; i < run->n_snapshots; i++) {
		struct gv_verify_snapshot s = run->snapshots[i];

		/* a date does not say whether it was deep */
		if ((!run->opts->deep && s.verified >= run->cursor.begun) ||
		    gv_verify_cursor_has(&run->cursor, &s.commit))
			continue;
		memmove(&run->snapshots[n + 1], &run->snapshots[n],
		    (i - n) * sizeof(s));
		run->snapshots[n++] = s;
	}
	return n;
}

/* As far as the time allows, the longest unseen first. */
static int
verify_some(struct gv_verify_run *run)
{
	long long deadline =
	    gv_clock_tick() + run->opts->max_time * 1000000000LL;
	size_t i = 0, due;
	int r = 1;

	if (run->cursor.begun == 0 || run->cursor.begun > run->opts->now ||
	    (run->opts->deep && !run->cursor.deep)) {
		gv_verify_cursor_release(&run->cursor);
		run->cursor.begun = run->opts->now;
	}
	run->cursor.deep = run->opts->deep;
	say_begin(run, "verifying", 0);
	due = sort_due(run);
	while (r == 1 && i < due && (i == 0 || gv_clock_tick() < deadline)) {
		r = verify_piece(run, i, deadline);
		if (r == 1 &&
		    gv_verify_cursor_add(
			&run->cursor, &run->snapshots[i++].commit) < 0)
			r = GV_ENOMEM;
	}
	run->result->left = due - i;
	say_begin(run, "", 0);
	return r < 0 ? r : 0;
}

/* --- all of it --- */

static int
verify(struct gv_verify_run *run)
{
	struct gv_verified dates = { 0 };
	int r = gv_verify_dates_load(run, &dates), s;

	if (r == 0 && run->opts->max_time)
		r = gv_verify_cursor_load(&run->cursor, run->repo);
	if (r == 0)
		r = run->opts->max_time ? verify_some(run) : verify_all(run);
	if ((r == 0 || r == GV_ECANCELED) && !run->opts->rescue) {
		char *why = strdup(gv_err_message());

		run->result->left += r < 0 && run->result->left == 0;
		s = gv_verify_dates_save(run, &dates);
		gv_err_set_message(r < 0 && why ? why : gv_err_message());
		free(why);
		r = r < 0 ? r : s;
	}
	gv_verified_release(&dates);
	return r;
}

/* What is of no snapshot, and of no version. */
static int
check_others(struct gv_verify_run *run)
{
	int r;

	if ((r = gv_verify_ledgers(run)) < 0)
		return r;
	if (run->opts->rescue == NULL && (r = gv_verify_scopes(run)) < 0)
		return r;
	if ((r = gv_verify_lines(run)) < 0)
		return r;
	return gv_verify_locks(run);
}

static void
release(struct gv_verify_run *run)
{
	size_t i;

	for (i = 0; i < run->n_snapshots; i++) {
		struct gv_verify_snapshot *s = &run->snapshots[i];

		gv_record_release(&s->rec);
		gv_track_version_release(s->version);
		free(s->version);
		free(s->state);
		free(s->why);
		free(s->id);
	}
	free(run->snapshots);
	gv_shallow_release(&run->shallow);
	gv_verify_forget(run);
	gv_verify_layers_free(run->layers);
	gv_verify_revealed_free(run);
	gv_verify_refs_free(run);
	gv_verify_states_free(run);
	gv_verify_cursor_release(&run->cursor);
	gv_faulty_release(&run->faulty);
	free(run);
}

int
gv_verify_run(struct gv_verify_result *out, struct gv_repo *repo,
    const struct gv_verify_opts *opts)
{
	struct gv_verify_run *run = calloc(1, sizeof(*run));
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if (run == NULL)
		return gv_err_nomem();
	run->repo = repo;
	run->opts = opts;
	run->result = out;
	for (i = 0; i < GV_VERIFY_STRIPES; i++)
		pthread_mutex_init(&run->stripes[i].lock, NULL);
	if ((r = gv_repo_odb(repo, &run->odb)) < 0 ||
	    (r = gv_odb_set_strict(run->odb)) < 0 ||
	    (r = gv_shallow_load(&run->shallow, repo)) < 0)
		goto out;
	if (opts->rescue == NULL)
		gv_odb_set_once(run->odb);
	if ((r = gv_odb_gather(run->odb)) < 0)
		goto out;
	r = opts->n_snapshots ? gv_verify_find_named(run)
			      : gv_verify_find_all(run);
	if (r < 0 || (r = verify(run)) < 0)
		goto out;
	if (opts->n_snapshots == 0 && out->left == 0 &&
	    (r = check_others(run)) < 0)
		goto out;
	if (opts->rescue == NULL && (r = gv_verify_faulty_save(run)) < 0)
		goto out;
	if (opts->reached)
		r = gv_verify_reached(run);
out:
	release(run);
	return r;
}
