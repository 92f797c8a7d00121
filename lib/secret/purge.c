#include "secret/purge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "record/record_walk.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"
#include "sys/lock.h"

void
gv_purge_tell(struct gv_purge_run *run, const struct gv_purge_note *note)
{
	struct gv_purge_note n = *note;

	n.is_save = run->save && n.snapshot;
	if (n.kind >= GV_PURGE_LEFT)
		run->result->left++;
	if (run->opts->told)
		run->opts->told(run->opts->ctx, &n);
}

/* ---- the commit ---- */

/* Headers but the tree and signatures, which are of the commit as it was. */
static void
add_headers(struct gv_buf *out, const char *p, const char *end)
{
	const char *lf;
	bool in_signature = false;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		in_signature =
		    *p == ' ' ? in_signature : strncmp(p, "gpgsig", 6) == 0;
		if (!in_signature && strncmp(p, "tree ", 5) != 0)
			gv_buf_add(out, p, (size_t)(lf + 1 - p));
	}
}

/* Lines of a snapshot's lists; and what it loses of its files. */
struct lines {
	uint64_t tree, all, files, bytes;
};

static uint64_t
less(uint64_t from, uint64_t n)
{
	return from > n ? from - n : 0;
}

/* The sum of the sizes, rounded where it would tell the length of a secret. */
static void
add_bytes(
    struct gv_buf *out, const struct gv_record *rec, const struct lines *lines)
{
	const uint64_t bytes = less(rec->bytes, lines->bytes);

	gv_buf_addf(out, "Vault-Bytes: %llu\n",
	    (unsigned long long)(lines->tree ? gv_seal_padded(bytes) : bytes));
}

/* The message with the trailers that the rewriting changes. */
static void
add_message(struct gv_buf *out, const struct gv_purge_run *run, const char *p,
    const struct lines *lines)
{
	static const char *const ours[] = { "Vault-Format: ", "Vault-Secrets: ",
		"Vault-Rewritten: ", "Vault-Bytes: ", "Vault-Files: " };
	const size_t n_ours = sizeof(ours) / sizeof(ours[0]);
	unsigned format = run->rec->format;
	char when[GV_TIME_MAX];
	size_t i, n;

	for (; *p; p += n) {
		n = strcspn(p, "\n");
		n += p[n] == '\n';
		for (i = 0; i < n_ours; i++)
			if (strncmp(p, ours[i], strlen(ours[i])) == 0)
				break;
		if (i == n_ours)
			gv_buf_add(out, p, n);
		else if (i == 4)
			gv_buf_addf(out, "Vault-Files: %llu\n",
			    (unsigned long long)less(
				run->rec->files, lines->files));
		else if (i == 3)
			add_bytes(out, run->rec, lines);
		else if (i == 0)
			gv_buf_addf(out, "Vault-Format: %u\n",
			    lines->all && format < GV_RECORD_WITHHOLDS
				? GV_RECORD_WITHHOLDS
				: format);
	}
	gv_time_rfc3339(when, run->opts->now);
	if (lines->tree)
		gv_buf_addf(out, "Vault-Secrets: %llu\n",
		    (unsigned long long)lines->tree);
	gv_buf_addf(out, "Vault-Rewritten: %s\n", when);
}

/* 1 where the message held it. */
static int
clean_message(struct gv_purge_run *run, struct gv_buf *head, struct gv_buf *out)
{
	struct gv_object obj = { 0 };
	const char *p, *blank;
	int r = gv_odb_read_type(
	    run->odb, &obj, &run->rec->commit, GV_OTYPE_COMMIT);

	if (r < 0)
		return r;
	p = (const char *)obj.data;
	blank = memmem(p, obj.len, "\n\n", 2);
	if (blank == NULL) {
		r = gv_err(GV_ECORRUPT, "its commit has no message");
	} else {
		add_headers(head, p, blank);
		r = gv_purge_text(
		    run, out, blank + 2, obj.len - (size_t)(blank + 2 - p));
	}
	gv_object_release(&obj);
	return r;
}

static void
put_ref(struct gv_purge_run *run, const char *name, const struct gv_oid *commit)
{
	gv_own_renew(&run->renewed, &run->own, &run->rec->commit, commit);
	gv_ref_update(&run->edit.tx, name, commit, &run->rec->commit);
}

static int
put_commit(struct gv_purge_run *run, const struct gv_oid *root,
    const struct gv_buf *head, const struct gv_buf *message,
    const struct lines *lines)
{
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	int r;

	gv_oid_format(hex, root);
	gv_buf_addf(&text, "tree %s\n", hex);
	gv_buf_add(&text, head->p, head->len);
	gv_buf_addch(&text, '\n');
	add_message(&text, run, message->p, lines);
	gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", run->rec->id);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_pack_add(run->edit.lane, &commit, GV_OTYPE_COMMIT,
		    text.p, text.len, NULL);
	if (r == 0 && (r = GV_GROW(run->old, run->n_old, run->cap_old)) == 0) {
		run->old[run->n_old++] = run->rec->commit;
		if (run->save)
			gv_purge_save_put(run, &commit, root);
		else
			put_ref(run, name.p, &commit);
	}
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

/* ---- one snapshot ---- */

enum { TREE, INDEX, META, PARTS };

/* Its parts; the folders of meta/ that hold what is the user's; and what they
 * all become. */
struct snapshot {
	struct gv_purge_part parts[PARTS];
	struct gv_oid lists[PARTS];
	struct gv_oid tree, index, origin, stages, chunks, manifest;
	struct gv_purge_path_meta path; /* where files are dropped */
	bool changed;
};

static int
find_folder(struct gv_oid *out, const struct gv_purge_run *run,
    const struct gv_oid *tree, const char *name)
{
	unsigned mode;
	int r = gv_tree_find(run->odb, tree, name, &mode, out);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR)) {
		memset(out, 0, sizeof(*out));
		r = 0;
	}
	return r;
}

static int
do_folder(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, struct gv_oid *tree)
{
	struct gv_oid was = *tree;

	if (gv_oid_is_zero(&was))
		return 0;
	return run->opts->n_paths ? gv_purge_path_drop(run, part, path, tree)
				  : gv_purge_tree(run, part, path, &was, tree);
}

/* Names of files stand in the manifest, which is not rewritten. */
static int
look_at_manifest(struct gv_purge_run *run)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid tree;
	int r = find_folder(&tree, run, &run->rec->meta, "manifest");

	if (r == 0 && !gv_oid_is_zero(&tree))
		r = gv_odb_read_type(run->odb, &obj, &tree, GV_OTYPE_TREE);
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r == 0 && (r = gv_tree_next(&it, &e)) > 0) {
		r = 0;
		if (gv_purge_holds(run, &e.oid))
			gv_purge_tell(run,
			    &(struct gv_purge_note){ .kind = GV_PURGE_LEFT,
				.snapshot = run->rec->id,
				.where = "meta",
				.why = "the name of a file holds it" });
	}
	gv_object_release(&obj);
	return r;
}

static int
do_parts(struct gv_purge_run *run, struct snapshot *s)
{
	size_t i;
	int r = 0;

	s->tree = run->rec->tree;
	s->index = run->rec->index;
	for (i = 0; r == 0 && i < PARTS; i++)
		r = gv_purge_list_read(run, &s->parts[i]);
	if (r < 0 || (r = do_folder(run, &s->parts[TREE], "", &s->tree)) < 0 ||
	    (r = do_folder(run, &s->parts[INDEX], "", &s->index)) < 0)
		return r;
	r = find_folder(&s->origin, run, &run->rec->meta, "origin");
	if (r < 0 ||
	    (r = do_folder(run, &s->parts[META], "origin", &s->origin)) < 0)
		return r;
	r = find_folder(&s->stages, run, &run->rec->meta, "stages");
	if (r < 0 ||
	    (r = do_folder(run, &s->parts[META], "stages", &s->stages)) < 0 ||
	    (r = look_at_manifest(run)) < 0)
		return r;
	for (i = 0; r == 0 && i < PARTS; i++) {
		struct gv_purge_part *p = &s->parts[i];

		s->changed = s->changed || p->n_files || p->lost_lines ||
		    p->has_links || p->n_dropped;
		if (!run->opts->dry_run)
			r = gv_purge_list_write(run, p, &s->lists[i]);
	}
	return r;
}

static int
put_root(struct gv_purge_run *run, const struct snapshot *s, struct gv_oid *out)
{
	enum { FEW = 5, MOST = 8 };
	static const struct gv_oid none;
	struct gv_ledger_change meta[MOST] = {
		{ "index-secrets", GV_MODE_FILE, s->lists[INDEX] },
		{ "meta-secrets", GV_MODE_FILE, s->lists[META] },
		{ "origin", GV_MODE_DIR, s->origin },
		{ "secrets", GV_MODE_FILE, s->lists[TREE] },
		{ "stages", GV_MODE_DIR, s->stages },
	};
	struct gv_ledger_change root[] = {
		{ "index", GV_MODE_DIR, s->index },
		{ "meta", GV_MODE_DIR, { { 0 } } },
		{ "tree", GV_MODE_DIR, s->tree },
	};
	size_t n = FEW;
	int r;

	if (s->parts[TREE].n_chunks || !gv_oid_is_zero(&s->chunks) ||
	    s->path.no_chunks)
		meta[n++] = (struct gv_ledger_change){ "chunks", GV_MODE_DIR,
			s->chunks };
	if (s->path.no_index || !gv_oid_is_zero(&s->path.index))
		meta[n++] = (struct gv_ledger_change){ "index", GV_MODE_FILE,
			s->path.no_index ? none : s->path.index };
	if (!gv_oid_is_zero(&s->manifest))
		meta[n++] = (struct gv_ledger_change){ "manifest", GV_MODE_DIR,
			s->manifest };
	r = gv_ledger_tree(&run->edit, &root[1].oid, &run->rec->meta, meta, n);
	return r < 0
	    ? r
	    : gv_ledger_tree(&run->edit, out, &run->rec->root, root, 3);
}

static int
put_snapshot(struct gv_purge_run *run, struct snapshot *s,
    const struct gv_buf *head, const struct gv_buf *message)
{
	struct lines lines = { .tree = s->parts[TREE].lines };
	struct gv_oid root;
	int r = 0;

	if (run->opts->n_paths) {
		r = gv_purge_path_write(run, &s->parts[TREE], &s->path);
		s->chunks = s->path.chunks;
		s->manifest = s->path.manifest;
		lines.files = s->parts[TREE].n_dropped;
		lines.bytes = s->parts[TREE].dropped_bytes;
	} else if (s->parts[TREE].n_files) {
		r = gv_purge_meta_write(
		    run, &s->parts[TREE], &s->chunks, &s->manifest);
	}
	if (r == 0)
		r = put_root(run, s, &root);
	lines.all = lines.tree + s->parts[INDEX].lines + s->parts[META].lines;
	return r < 0 ? r : put_commit(run, &root, head, message, &lines);
}

static int
do_snapshot(struct gv_purge_run *run, struct snapshot *s)
{
	struct gv_buf head = GV_BUF_INIT, message = GV_BUF_INIT;
	int r = do_parts(run, s);

	if (r == 0)
		r = clean_message(run, &head, &message);
	s->changed = s->changed || r == 1;
	if (r >= 0 && s->changed) {
		if (run->save)
			run->result->saves++;
		else
			run->result->rewritten++;
		r = run->opts->dry_run ? 0
				       : put_snapshot(run, s, &head, &message);
	}
	gv_buf_release(&head);
	gv_buf_release(&message);
	return r < 0 ? r : 0;
}

/* The tree of the commit that it was taken on, where that is there. */
static int
find_base(struct gv_purge_run *run)
{
	struct gv_object obj = { 0 };
	int r;

	memset(&run->base, 0, sizeof(run->base));
	if (!run->opts->precious || gv_oid_is_zero(&run->rec->base) ||
	    !gv_odb_has(run->odb, &run->rec->base))
		return 0;
	r = gv_odb_read_type(run->odb, &obj, &run->rec->base, GV_OTYPE_COMMIT);
	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(&run->base, (const char *)obj.data + 5) < 0))
		r = gv_err(GV_ECORRUPT, "the snapshot's base has no tree");
	gv_object_release(&obj);
	return r;
}

/* A damaged one stops all: to rewrite the others alone would hide it. */
static int
say_snapshot(const struct gv_purge_run *run, int r, const struct gv_record *rec)
{
	if (run->save)
		return r;
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT,
		    "snapshot %s: %s; to see the damage: git vault verify %s; "
		    "to purge without that snapshot, first: git vault delete "
		    "--no-trash %s",
		    rec->id, gv_err_message(), rec->id, rec->id);
	return r < 0 ? gv_err_in(r, "snapshot %s", rec->id) : 0;
}

static int
take_snapshot(struct gv_purge_run *run, const struct gv_record *rec)
{
	struct snapshot s = { .parts = {
				  [TREE] = { .name = "tree",
				      .list_name = "secrets" },
				  [INDEX] = { .name = "index",
				      .list_name = "index-secrets" },
				  [META] = { .name = "meta",
				      .list_name = "meta-secrets",
				      .is_meta = true },
			      } };
	size_t i;
	int r;

	run->rec = rec;
	run->result->snapshots += run->save == NULL;
	if ((r = find_base(run)) == 0)
		r = do_snapshot(run, &s);
	for (i = 0; i < PARTS; i++)
		gv_purge_part_release(&s.parts[i]);
	return say_snapshot(run, r, rec);
}

/* ---- all of them ---- */

static int
leave_damaged(struct gv_purge_run *run)
{
	gv_purge_tell(run,
	    &(struct gv_purge_note){ .kind = GV_PURGE_LEFT,
		.why = "a snapshot is damaged; git vault verify names it" });
	return 0;
}

static int
seek_in(struct gv_purge_run *run, const struct gv_record *rec)
{
	run->rec = rec;
	return say_snapshot(run, gv_purge_path_seek(run), rec);
}

/* Each snapshot; a damaged one is reported where it is to be rewritten. */
static int
take_all(struct gv_purge_run *run, bool seeks)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_record_walk_open(&walk, run->repo, GV_RECORD_ALL);

	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0)
			r = seeks ? seek_in(run, &rec)
				  : take_snapshot(run, &rec);
		else if (r == GV_ECORRUPT)
			r = seeks ? 0 : leave_damaged(run);
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	run->rec = NULL;
	gv_record_walk_close(walk);
	return r < 0 ? r
		     : gv_purge_save_each(run, seeks ? seek_in : take_snapshot);
}

/* Whoever has to know of objects before they go is shown those that are new. */
static int
show(struct gv_purge_run *run)
{
	const struct gv_purge_opts *o = run->opts;
	const size_t from = run->n_shown;

	run->n_shown = run->n_found;
	return run->n_found == from || o->dry_run || o->going == NULL
	    ? 0
	    : o->going(o->ctx, run->found + from, run->n_found - from);
}

static int
publish(struct gv_purge_run *run)
{
	int r = show(run);

	if (r == 0)
		r = gv_purge_save_publish(run);
	if (r == 0 && run->opts->n_paths == 0)
		r = gv_safe_publish(
		    run->opts->safe, run->edit.lane, &run->edit.tx);
	if (r < 0)
		goto out;
	if (run->edit.tx.lines.len &&
	    (r = gv_own_append(run->repo, &run->renewed)) < 0)
		goto out;
	if (run->edit.tx.lines.len && (r = gv_ledger_publish(&run->edit)) < 0)
		goto out;
	/* where that fails git fsck says so once they are gone */
	if (run->n_old)
		(void)gv_graph_forget(run->repo, run->old, run->n_old);
out:
	return r == GV_EEXISTS
	    ? gv_err(GV_ELOCKED,
		  "another command changed a snapshot or a scope meanwhile, so "
		  "nothing was changed here; try again")
	    : r;
}

static int
work(struct gv_purge_run *run)
{
	const struct gv_purge_opts *o = run->opts;
	int r = gv_ledger_begin(&run->edit, run->repo, o->now);

	if (r == 0 && o->n_paths == 0)
		r = gv_safe_writer_new(
		    &run->writer, o->safe, o->dry_run ? NULL : run->edit.lane);
	if (r == 0 && (r = gv_own_load(&run->own, run->repo)) == 0 &&
	    (r = gv_purge_save_load(run)) == 0)
		r = take_all(run, false);
	gv_safe_writer_free(run->writer);
	run->writer = NULL;
	if (r == 0 && !o->dry_run)
		r = publish(run);
	gv_ledger_end(&run->edit);
	return r;
}

static int
rewrite(struct gv_purge_run *run)
{
	unsigned mask;
	int lock = -1, saves = -1, r;

	if (run->opts->dry_run)
		return work(run);
	mask = gv_repo_share(run->repo);
	if ((r = gv_repo_lock(&lock, run->repo, 0)) == 0 &&
	    (r = gv_autosave_lock(&saves, run->repo)) == 0)
		r = work(run);
	gv_lock_close(saves);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}

/* What holds it, and whoever has to know before it goes. */
static int
seek(struct gv_purge_run *run)
{
	const struct gv_purge_opts *o = run->opts;
	int r = gv_purge_save_load(run);

	if (r == 0)
		r = o->n_paths ? take_all(run, true) : gv_purge_seek(run);

	if (r == 0 && o->n_paths)
		r = gv_purge_path_history(run);
	return r < 0 ? r : show(run);
}

int
gv_purge_run(struct gv_purge_result *out, struct gv_repo *repo,
    const struct gv_purge_opts *opts)
{
	struct gv_purge_run run = {
		.repo = repo,
		.opts = opts,
		.result = out,
		.hits = GV_MAP_INIT,
		.clean = GV_MAP_INIT,
		.renewed = GV_BUF_INIT,
	};
	int r = gv_repo_odb(repo, &run.odb);

	memset(out, 0, sizeof(*out));
	if (r < 0)
		goto out;
	/* nothing is sealed where files go as a whole */
	r = opts->n_paths   ? 0
	    : opts->dry_run ? gv_safe_prepare_names(opts->safe)
			    : gv_safe_prepare(opts->safe);
	if (r < 0 || (r = gv_team_load(&run.policy, repo)) < 0 ||
	    (r = seek(&run)) < 0)
		goto out;
	if (run.hits.n && !opts->dry_run && (r = gv_purge_parents(&run)) < 0)
		goto out;
	if ((r = rewrite(&run)) != 0 || (r = gv_purge_trash(&run)) < 0)
		goto out;
	if (run.hits.n)
		r = gv_purge_left(&run);
out:
	gv_map_release(&run.hits);
	gv_map_release(&run.clean);
	gv_arena_release(&run.arena);
	gv_policy_release(&run.policy);
	gv_own_release(&run.own);
	gv_autosave_release(&run.saves);
	gv_buf_release(&run.renewed);
	free(run.old);
	free(run.found);
	return r;
}
