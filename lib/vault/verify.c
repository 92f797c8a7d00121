#include "vault/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/ref.h"
#include "store/repo.h"
#include "sys/cancel.h"
#include "vault/restore.h"
#include "vault/verify_internal.h"

void
gv_verify_tell(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const char *path, size_t len, const struct gv_oid *oid, const char *reason)
{
	struct gv_verify_fault fault = {
		.snapshot = s->id, .path = path, .len = len, .reason = reason
	};

	if (oid)
		fault.oid = *oid;
	if (!s->damaged)
		run->result->damaged++;
	s->damaged = true;
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

static int
note_snapshot(
    struct gv_verify_run *run, const char *id, const struct gv_oid *commit)
{
	struct gv_verify_snapshot *s = &run->snapshots[run->n_snapshots];

	s->id = strdup(id);
	if (s->id == NULL)
		return gv_err_nomem();
	s->commit = *commit;
	run->n_snapshots++;
	return 0;
}

/* All of them come from the refs, so that none is left out for being damaged.
 */
static int
find_all(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REF_SNAPSHOTS);

	if (r < 0)
		return r;
	run->snapshots = calloc(refs.n + 1, sizeof(*run->snapshots));
	if (run->snapshots == NULL)
		r = gv_err_nomem();
	for (i = refs.n; r == 0 && i-- > 0;)
		r = note_snapshot(run,
		    refs.refs[i].name + strlen(GV_REF_SNAPSHOTS),
		    &refs.refs[i].oid);
	gv_refs_release(&refs);
	return r;
}

/* An id names its ref, also where no record can be read from it. */
static int
find_ref(struct gv_verify_run *run, const char *id)
{
	struct gv_refs refs = { 0 };
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r = GV_ENOTFOUND;

	gv_buf_addf(&name, GV_REF_SNAPSHOTS "%s", id);
	if (gv_buf_check(&name) < 0 ||
	    gv_ref_list(&refs, run->repo, GV_REF_SNAPSHOTS) < 0)
		goto out;
	ref = gv_refs_find(&refs, name.p);
	if (ref)
		r = note_snapshot(run, id, &ref->oid);
out:
	gv_refs_release(&refs);
	gv_buf_release(&name);
	return r;
}

static int
find_named(struct gv_verify_run *run)
{
	struct gv_record rec = { 0 };
	size_t i;
	int r = 0;

	run->snapshots =
	    calloc(run->opts->n_snapshots + 1, sizeof(*run->snapshots));
	if (run->snapshots == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < run->opts->n_snapshots; i++) {
		const char *name = run->opts->snapshots[i];

		if (find_ref(run, name) == 0)
			continue;
		r = gv_record_resolve(&rec, run->repo, name);
		if (r == 0)
			r = note_snapshot(run, rec.id, &rec.commit);
		gv_record_release(&rec);
	}
	return r;
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
			tell(run, s, "its commit names a parent that is none");
			continue;
		}
		r = gv_odb_read_header(run->odb, &type, &size, &oid);
		if (r == 0 && type == GV_OTYPE_COMMIT)
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

/* First pass over a snapshot: its record, and all objects that it reaches. */
static int
collect(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	int r = gv_record_load(&s->rec, run->repo, &s->commit);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r < 0) {
		tell(run, s, gv_err_message());
		return 0;
	}
	s->known = true;
	assert(s->id);
	if (strcmp(s->rec.id, s->id) != 0)
		tell(run, s, "its commit says that it is another snapshot");
	return gv_verify_collect(run, &s->rec.root);
}

/* A snapshot while it is rehearsed. */
struct rehearsed {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	uint64_t files, bytes; /* in the tree, but they were not on disk */
	int failed;            /* in a function that returns no failure */
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

static void
on_absent(void *ctx, const struct gv_oid *oid)
{
	struct rehearsed *x = ctx;
	const struct gv_verify_object *o = gv_verify_find(x->run, oid);

	x->files++;
	x->bytes += o ? o->size : 0;
}

/* In the tree it is as large as its pointer, which it is not for a person. */
static bool
on_chunked(void *ctx, const char *path, size_t len,
    const struct gv_oid *pointer, uint64_t size)
{
	struct rehearsed *x = ctx;
	const struct gv_verify_object *o = gv_verify_find(x->run, pointer);
	const struct gv_verify_file f = { path, len, *pointer, size };
	uint64_t before = x->run->result->faults;

	x->bytes += (o ? o->size : 0) - size;
	if (x->failed == 0 && o && o->why == NULL)
		x->failed = gv_verify_chunks(x->run, x->s, &f);
	return x->run->result->faults > before;
}

static int
check_counts(const struct rehearsed *x, const struct head *head)
{
	struct gv_verify_run *run = x->run;
	struct gv_verify_snapshot *s = x->s;
	char reason[160];
	uint64_t files, bytes;
	int r = gv_verify_count(run, &s->rec.tree, &files, &bytes);

	if (r < 0)
		return r;
	files -= x->files;
	bytes -= x->bytes;
	if (head->has_files && files != s->rec.files) {
		snprintf(reason, sizeof(reason),
		    "its commit speaks of %" PRIu64
		    " files, but it holds %" PRIu64,
		    s->rec.files, files);
		tell(run, s, reason);
	}
	if (head->has_bytes && bytes != s->rec.bytes) {
		snprintf(reason, sizeof(reason),
		    "its commit speaks of %" PRIu64
		    " bytes, but it holds %" PRIu64,
		    s->rec.bytes, bytes);
		tell(run, s, reason);
	}
	return 0;
}

/* Second pass: where damage shows, and whether the parts fit each other. */
static int
check(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct rehearsed x = { .run = run, .s = s };
	struct gv_restore_rehearsal how = { .deep = run->opts->deep,
		.threads = run->opts->threads,
		.fault = on_fault,
		.absent = on_absent,
		.chunked = on_chunked,
		.ctx = &x };
	uint64_t before = run->result->faults;
	struct gv_oid oid;
	struct head head;
	unsigned mode;
	int r;

	r = check_commit(run, s, &head);
	if (r < 0 || !s->known)
		return r;
	r = gv_verify_paths(run, s);
	if (r < 0 || !s->trees_whole)
		return r;
	r = gv_tree_find(run->odb, &s->rec.meta, "manifest", &mode, &oid);
	if (r == GV_ENOTFOUND)
		gv_verify_tell(run, s, "meta/manifest", 13, NULL,
		    "the snapshot has no manifest");
	else if (r < 0)
		return r;
	r = gv_restore_rehearse(run->repo, &s->rec, &how);
	if (r == 0)
		r = x.failed;
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_tell(
		    run, s, "meta/manifest", 13, NULL, gv_err_message());
		r = 0;
	}
	/* sizes of what cannot be read are not known */
	if (r == 0 && before == run->result->faults)
		r = check_counts(&x, &head);
	return r;
}

static int
verify(struct gv_verify_run *run)
{
	const struct gv_verify_opts *opts = run->opts;
	size_t i;
	int r = 0;

	if (opts->begin)
		opts->begin(opts->progress_ctx, "reading trees", 0);
	for (i = 0; r == 0 && i < run->n_snapshots; i++)
		r = collect(run, &run->snapshots[i]); /* NOLINT: owned by run */
	if (r == 0 && opts->begin)
		opts->begin(opts->progress_ctx, "reading files", run->n_blobs);
	if (r == 0)
		r = gv_verify_read(run);
	if (r == 0 && opts->begin)
		opts->begin(
		    opts->progress_ctx, "checking snapshots", run->n_snapshots);
	for (i = 0; r == 0 && i < run->n_snapshots; i++) {
		r = gv_cancel_requested() ? gv_cancel_error()
					  : check(run, &run->snapshots[i]);
		if (opts->add)
			opts->add(opts->progress_ctx, 1, 0);
	}
	if (opts->begin)
		opts->begin(opts->progress_ctx, "", 0);
	return r;
}

int
gv_verify_run(struct gv_verify_result *out, struct gv_repo *repo,
    const struct gv_verify_opts *opts)
{
	struct gv_verify_run run = {
		.repo = repo, .opts = opts, .result = out
	};
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_repo_odb(repo, &run.odb);
	if (r == 0)
		r = opts->n_snapshots ? find_named(&run) : find_all(&run);
	out->snapshots = run.n_snapshots;
	if (r == 0)
		r = verify(&run);
	for (i = 0; i < run.n_snapshots; i++) {
		gv_record_release(&run.snapshots[i].rec);
		free(run.snapshots[i].id);
	}
	free(run.snapshots);
	free(run.blobs);
	free(run.todo);
	gv_map_release(&run.seen);
	gv_arena_release(&run.arena);
	return r;
}
