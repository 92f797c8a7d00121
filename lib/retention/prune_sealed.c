#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "autosave/autosave.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "record/record_refs.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "repo/worktree.h"
#include "retention/prune_internal.h"
#include "safe/safe_scopes.h"
#include "seal/withheld.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/label.h"

/*
 * A value that no snapshot names may be about to be named by one: a snapshot
 * that is being taken finds it sealed and writes no more than its line. So the
 * locks of all worktrees are taken, or nothing goes; and what came by other
 * ways, out of another clone or by secret import, has two hours.
 */
#define GRACE   ((int64_t)2 * 3600)
#define WAIT_MS 50

struct run {
	struct gv_prune *out;
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_refs refs; /* of the scopes */
	struct gv_prune_scope *scopes;
	size_t n;
	struct gv_map read;       /* lists */
	struct gv_object last[3]; /* of each kind of them */
	struct gv_arena arena;
	const char *why;
};

/* ---- other snapshots under way ---- */

struct locks {
	int *fds; /* two of each working tree */
	size_t n;
	bool is_unsure; /* a chain of automatic saves has none */
};

static bool
is_own(const struct gv_repo *repo, const char *git_dir)
{
	struct stat own, other;

	return gv_dir_stat(
		   AT_FDCWD, repo->git_dir, strlen(repo->git_dir), &own) == 0 &&
	    gv_dir_stat(AT_FDCWD, git_dir, strlen(git_dir), &other) == 0 &&
	    own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* A working tree that git adds or removes just now takes no snapshot, and what
 * is made in its folder then git cannot remove. The tree itself goes first. */
static bool
is_complete(const struct gv_repo *repo, const char *git_dir)
{
	static const char *const files[] = { "HEAD", "commondir", "gitdir" };
	struct gv_buf path = GV_BUF_INIT;
	size_t i, len;
	bool is = true;

	gv_buf_addf(&path, "%s/", git_dir);
	len = path.len;
	for (i = 0; is && i < sizeof(files) / sizeof(files[0]); i++) {
		gv_buf_truncate(&path, len);
		gv_buf_addstr(&path, files[i]);
		is = gv_buf_check(&path) == 0 &&
		    gv_file_exists(AT_FDCWD, path.p);
	}
	gv_buf_reset(&path);
	is = is && gv_worktree_top(&path, repo, git_dir) == 0;
	gv_buf_addstr(&path, "/.git");
	is = is && gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

static int
lock_file(struct locks *l, struct gv_buf *path, const char *name)
{
	const size_t len = path->len;
	int r;

	gv_buf_addstr(path, name);
	if ((r = gv_buf_check(path)) == 0 &&
	    (r = gv_lock_open(&l->fds[l->n], path->p, WAIT_MS)) == 0)
		l->n++;
	gv_buf_truncate(path, len);
	return r;
}

/* That of its snapshots, which for our own is ours already; and that of its
 * automatic saves. */
static int
lock_one(struct locks *l, const struct gv_repo *repo, const char *git_dir)
{
	const bool is_main = strcmp(git_dir, repo->common_dir) == 0;
	const bool is_ours = is_own(repo, git_dir);
	struct gv_buf path = GV_BUF_INIT;
	int r = 0;

	if (!is_main && !is_complete(repo, git_dir))
		return 0;
	gv_buf_addf(&path, "%s/vault", git_dir);
	if ((r = gv_buf_check(&path)) == 0 && !is_ours &&
	    gv_entry_mkdir(AT_FDCWD, path.p, 0777) < 0 && errno != EEXIST)
		/* it is gone */
		r = errno == ENOENT ? 1 : gv_err_sys("cannot make %s", path.p);
	if (r == 0 && !is_ours)
		r = lock_file(l, &path, "/lock");
	if (r == 0 &&
	    (r = lock_file(l, &path, "/" GV_AUTOSAVE_LOCK)) == GV_ERROR) {
		/* on a full disk, say: they are pruned the next time */
		l->is_unsure = true;
		r = 0;
	}
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

static int
lock_all(struct locks *l, const struct gv_repo *repo)
{
	struct gv_worktrees trees;
	size_t i;
	int r = gv_worktrees_load(&trees, repo);

	l->fds = calloc(2 * trees.n + 1, sizeof(*l->fds));
	if (r == 0 && l->fds == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < trees.n; i++)
		r = lock_one(l, repo, trees.git_dirs[i]);
	gv_worktrees_release(&trees);
	return r;
}

static void
unlock_all(struct locks *l)
{
	while (l->n)
		gv_lock_close(l->fds[--l->n]);
	free(l->fds);
}

/* ---- what snapshots name ---- */

static void
take_line(struct run *run, const struct gv_withheld_entry *e)
{
	size_t i;

	for (i = 0; i < run->n; i++)
		if (strcmp(run->scopes[i].name, e->scope) == 0)
			gv_prune_scope_name(&run->scopes[i], &e->place.id);
}

static bool
is_settled(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->n; i++)
		if (run->scopes[i].n_open)
			return false;
	return true;
}

/* The lines between those that the last list of the kind has as well, at both
 * ends: from a snapshot to the next one few change. */
static void
add_changed(
    struct gv_buf *out, const struct gv_object *was, const struct gv_object *is)
{
	const char *a = (const char *)was->data, *b = (const char *)is->data;
	size_t n = was->len < is->len ? was->len : is->len;
	size_t head = 0, tail = 0, first = 0, i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		if (b[i] == '\n') {
			head = i + 1;
			first = first ? first : head;
		}
	n -= head;
	for (i = 0; i < n && a[was->len - i - 1] == b[is->len - i - 1]; i++)
		if (b[is->len - i - 1] == '\n')
			tail = i;
	/* the line feed that ends the line before it is that line's */
	tail = first ? tail : 0;
	gv_buf_add(out, b, first);
	gv_buf_add(out, b + head, is->len - head - tail);
}

static int
read_lines(struct run *run, const struct gv_buf *text)
{
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	int r = gv_buf_check(text);

	if (r == 0)
		r = gv_withheld_open(&it, text->p, text->len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0) {
		take_line(run, &e);
		r = 0;
	}
	gv_withheld_close(&it);
	return r;
}

static int
read_list(struct run *run, struct gv_object *last, const struct gv_oid *oid)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	char *key;
	int r;

	if (gv_map_get(&run->read, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&run->arena, oid->id, GV_OID_RAW);
	if (key == NULL || gv_map_put(&run->read, key, GV_OID_RAW, key) < 0)
		return GV_ENOMEM;
	if ((r = gv_odb_read_type(run->odb, &obj, oid, GV_OTYPE_BLOB)) == 0) {
		add_changed(&text, last, &obj);
		r = read_lines(run, &text);
		gv_object_release(last);
		*last = obj;
	}
	gv_buf_release(&text);
	return r;
}

static int
read_snapshot(struct run *run, const struct gv_record *rec)
{
	static const char *const lists[] = { "secrets", "index-secrets",
		"meta-secrets" };
	struct gv_oid oid;
	unsigned mode;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 3; i++) {
		r = gv_tree_find(run->odb, &rec->meta, lists[i], &mode, &oid);
		if (r == 0)
			r = read_list(run, &run->last[i], &oid);
		else if (r == GV_ENOTFOUND && gv_odb_has(run->odb, &rec->meta))
			r = 0;
	}
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED) {
		run->why =
		    "the list of a snapshot's encrypted secrets cannot be read";
		r = 0;
	}
	return r;
}

/* What was deleted before, and may come back. */
static int
read_trash(struct run *run)
{
	struct gv_trash trash = { .n = 0 };
	struct gv_record rec = { .format = 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	size_t i;
	int r;

	if (run->why || is_settled(run))
		return 0;
	r = gv_trash_load(&trash, run->repo, &damaged);
	if (r == 0 && damaged.len)
		run->why = "the trash is damaged; 'git vault list --deleted' "
			   "names it";
	for (i = 0;
	     r == 0 && run->why == NULL && i < trash.n && !is_settled(run);
	     i++) {
		if ((r = gv_record_load(
			 &rec, run->repo, &trash.items[i].commit)) == 0)
			r = read_snapshot(run, &rec);
		gv_record_release(&rec);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
			run->why = "a snapshot in the trash is damaged";
			r = 0;
		}
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_trash_release(&trash);
	gv_buf_release(&damaged);
	return r;
}

/* The automatic saves of one working tree, of this host or another. */
static int
read_chain(struct run *run, const struct gv_oid *tip)
{
	struct gv_autosaves chain = { .n = 0 };
	struct gv_record rec = { .format = 0 };
	size_t i;
	int r = gv_autosave_load(&chain, run->repo, tip);

	for (i = 0;
	     r == 0 && run->why == NULL && i < chain.n && !is_settled(run);
	     i++) {
		if ((r = gv_record_load(
			 &rec, run->repo, &chain.saves[i].commit)) == 0)
			r = read_snapshot(run, &rec);
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_autosave_release(&chain);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		run->why = "an automatic save is damaged";
		r = 0;
	}
	return r;
}

static int
read_chains(struct run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_AUTO);

	for (i = 0; r == 0 && run->why == NULL && i < refs.n; i++)
		r = read_chain(run, &refs.refs[i].oid);
	gv_refs_release(&refs);
	return r;
}

/* The newest first: they name most of what there is, and where all is named the
 * rest need not be read. Those that are pruned now are in the trash. */
static int
read_snapshots(struct run *run, bool has_trash)
{
	const struct gv_prune *out = run->out;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && run->why == NULL && i < out->records.n &&
	     !is_settled(run);
	     i++) {
		if (out->retention.verdicts[i].keep || has_trash)
			r = read_snapshot(run, &out->records.records[i]);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	if (r == 0)
		r = read_chains(run);
	return r == 0 && has_trash ? read_trash(run) : r;
}

/* Whether the snapshots that there are now are those that stay. */
static int
check_refs(struct run *run)
{
	struct gv_record_refs refs = { 0 };
	struct gv_map known = GV_MAP_INIT;
	const struct gv_prune *out = run->out;
	size_t i, prefix = strlen(GV_REFS_SNAPSHOTS);
	int r = gv_record_refs_load(&refs, run->repo);

	for (i = 0; r == 0 && i < out->records.n; i++)
		if (out->retention.verdicts[i].keep)
			r = gv_map_put(&known, out->records.records[i].id,
			    GV_RECORD_ID_LEN, &out->records.records[i]);
	for (i = 0; r == 0 && i < refs.refs.n; i++) {
		const struct gv_ref *ref = &refs.refs.refs[i];
		const char *id = ref->name + prefix;
		const struct gv_record *rec =
		    gv_map_get(&known, id, strlen(id));

		if (rec == NULL || !gv_oid_equal(&rec->commit, &ref->oid))
			run->why = "another snapshot came meanwhile";
	}
	gv_map_release(&known);
	gv_record_refs_release(&refs);
	return r;
}

/* ---- the run ---- */

static int
load_scopes(struct run *run, int64_t now)
{
	size_t i;
	int r = gv_ref_list(&run->refs, run->repo, GV_REFS_SECRETS);

	if (r < 0)
		return r;
	run->scopes = calloc(run->refs.n + 1, sizeof(*run->scopes));
	if (run->scopes == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < run->refs.n; i++) {
		struct gv_prune_scope *s = &run->scopes[run->n];

		s->ref = run->refs.refs[i].name;
		s->name = s->ref + strlen(GV_REFS_SECRETS);
		if (!gv_label_is_valid(s->name))
			continue;
		run->n++;
		r = gv_prune_scope_load(
		    s, run->odb, &run->refs.refs[i].oid, now - GRACE);
	}
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED) {
		run->why = "a scope is damaged; git vault verify names it";
		r = 0;
	}
	return r;
}

static int
note_scope(struct gv_prune_sealed *to, const struct gv_prune_scope *s)
{
	char *name = gv_arena_copy(&to->arena, s->name, strlen(s->name));
	size_t i;
	int r = name ? 0 : GV_ENOMEM;

	for (i = 0; r == 0 && i < s->n; i++) {
		if (!gv_prune_item_goes(&s->items[i])) {
			to->n_kept += !gv_oid_is_zero(&s->items[i].object);
			continue;
		}
		if ((r = GV_GROW(to->values, to->n, to->cap)) == 0)
			to->values[to->n++] =
			    (struct gv_prune_value){ .scope = name,
				    .id = s->items[i].id };
	}
	return r;
}

static int
settle(struct run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n; i++) {
		if ((r = gv_prune_scope_settle(&run->scopes[i], run->odb)) == 0)
			r = note_scope(&run->out->sealed, &run->scopes[i]);
	}
	return r;
}

static int
join_audit(struct gv_audit_join *join, struct gv_ledger_edit *edit,
    struct gv_safe *safe, const struct gv_prune_sealed *sealed)
{
	struct gv_digest *ids = calloc(sealed->n + 1, sizeof(*ids));
	const char **scopes = calloc(sealed->n + 1, sizeof(*scopes));
	struct gv_audit_event e = { .what = GV_AUDIT_PRUNE_VALUES,
		.time = edit->now,
		.ids = ids,
		.n_ids = sealed->n,
		.scopes = scopes,
		.result = GV_AUDIT_DONE,
		.reason = "no snapshot names them any more" };
	size_t i;
	int r = ids && scopes ? 0 : gv_err_nomem();

	/* they are sorted by scope */
	for (i = 0; r == 0 && i < sealed->n; i++) {
		ids[i] = sealed->values[i].id;
		if (e.n_scopes == 0 ||
		    strcmp(scopes[e.n_scopes - 1], sealed->values[i].scope) !=
			0)
			scopes[e.n_scopes++] = sealed->values[i].scope;
	}
	if (r == 0)
		r = gv_audit_join(join, edit, safe, &e);
	free(ids);
	free(scopes);
	return r;
}

static int
drop(struct run *run, const struct gv_prune_opts *opts)
{
	struct gv_audit_join join = { .told = NULL };
	struct gv_ledger_edit edit;
	struct gv_buf old = GV_BUF_INIT;
	size_t i;
	int r = gv_ledger_begin(&edit, run->repo, opts->now);

	for (i = 0; r == 0 && i < run->n; i++)
		r = gv_prune_scope_write(&run->scopes[i], &edit, &old);
	if (r == 0)
		r = join_audit(&join, &edit, opts->safe, &run->out->sealed);
	if (r == 0 && (r = gv_ledger_publish(&edit)) == 0)
		gv_audit_joined(&join, run->repo);
	gv_audit_join_release(&join);
	gv_ledger_end(&edit);
	/* where that fails git fsck says so once they are gone */
	if (r == 0 && old.len)
		(void)gv_graph_forget(run->repo,
		    (const struct gv_oid *)(const void *)old.p,
		    old.len / sizeof(struct gv_oid));
	gv_buf_release(&old);
	if (r != GV_EEXISTS && r != GV_ELOCKED)
		return r;
	run->why = "somebody seals values just now";
	return 0;
}

static int
work(struct run *run, const struct gv_prune_opts *opts)
{
	int r = load_scopes(run, opts->now);

	if (r == 0 && run->why == NULL)
		r = read_snapshots(run, !opts->empty_trash);
	if (r == 0 && run->why == NULL)
		r = settle(run);
	if (r < 0 || run->why || run->out->is_dry || run->out->sealed.n == 0)
		return r;
	r = check_refs(run);
	return r < 0 || run->why ? r : drop(run, opts);
}

/* The snapshots are gone already, which is to be told whatever comes. */
static int
note_failure(struct gv_prune_sealed *sealed, int r)
{
	const char *why = gv_err_message();

	gv_prune_sealed_release(sealed);
	sealed->is_failed = true;
	sealed->why = gv_arena_copy(&sealed->arena, why, strlen(why));
	return sealed->why ? 0 : r;
}

int
gv_prune_sealed_run(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_prune_opts *opts)
{
	struct run run = { .out = out, .repo = repo, .read = GV_MAP_INIT };
	struct locks locks = { .n = 0 };
	size_t i;
	int r = gv_repo_odb(repo, &run.odb);

	if (r == 0 && out->damaged.len)
		run.why = "a snapshot is damaged";
	else if (r == 0 && gv_safe_is_partial(repo))
		run.why = "not all snapshots are here, by sync --only or "
			  "--since, or an import";
	if (r == 0 && !out->is_dry && run.why == NULL)
		r = lock_all(&locks, repo);
	if (r == GV_ELOCKED) {
		run.why = "another working tree is taking a snapshot";
		r = 0;
	}
	if (r == 0 && locks.is_unsure)
		run.why = "the lock of automatic saves cannot be made";
	if (r == 0 && run.why == NULL)
		r = work(&run, opts);
	unlock_all(&locks);
	if (run.why)
		gv_prune_sealed_release(&out->sealed);
	out->sealed.why = run.why;
	if (r < 0 && r != GV_ECANCELED && !out->is_dry)
		r = note_failure(&out->sealed, r);
	for (i = 0; i < run.n; i++)
		gv_prune_scope_release(&run.scopes[i]);
	for (i = 0; i < 3; i++)
		gv_object_release(&run.last[i]);
	free(run.scopes);
	gv_refs_release(&run.refs);
	gv_map_release(&run.read);
	gv_arena_release(&run.arena);
	return r;
}

void
gv_prune_sealed_release(struct gv_prune_sealed *sealed)
{
	free(sealed->values);
	gv_arena_release(&sealed->arena);
	*sealed = (struct gv_prune_sealed){ .n = 0 };
}
