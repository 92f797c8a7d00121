#include "git-vault/good/rollback.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/progress.h"
#include "git-vault/look/revealed_out.h"
#include "git-vault/state/state_lend.h"
#include "infra/statefile.h"
#include "state/track_diff.h"
#include "vault/label.h"

/* ---- states ------------------------------------------------------------- */

static int
add_stack(
    struct gv_rollback_run *w, const char *stack, const struct gv_oid *version)
{
	const struct gv_track_of of = { w->env, stack };
	struct gv_state_lend lend = { .ctx = w->ctx };
	struct gv_track_with with = GV_STATE_LEND_WITH(&lend);
	struct gv_rollback_stack *s;
	char hex[GV_OID_HEX + 1];
	int r;

	if (GV_GROW(w->stacks, w->n_stacks, w->stacks_cap) < 0)
		return gv_err_nomem();
	s = &w->stacks[w->n_stacks++];
	memset(s, 0, sizeof(*s));
	gv_oid_format(hex, version);
	/* it becomes the name of a file */
	if ((r = gv_label_check("an environment", w->env)) == 0 &&
	    (r = gv_label_check("a stack", stack)) == 0 &&
	    (r = gv_track_resolve(&s->from, w->ctx->repo, &of, "latest")) == 0)
		r = gv_track_resolve(&s->to, w->ctx->repo, &of, hex);
	if (r < 0)
		return gv_err_in(r, "state %s/%s", w->env, stack);
	if (s->to.damage)
		return gv_err(GV_EREFUSED,
		    "version %.12s of state %s/%s is incomplete: %s; roll back "
		    "without it by --scope files, or to an older record by "
		    "--to",
		    hex, w->env, stack, s->to.damage);
	s->is_same = gv_oid_equal(&s->from.commit, &s->to.commit);
	r = gv_rollback_order(&s->order, w->ctx->repo, &s->from, &s->to, &with);
	gv_state_lend_close(&lend);
	if (r != GV_EREFUSED && r != GV_ENOKEY)
		return r;
	s->untold = strdup(gv_err_message());
	return s->untold ? 0 : gv_err_nomem();
}

int
gv_rollback_plan_states(struct gv_rollback_run *w)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->good.n_states; i++)
		r = add_stack(
		    w, w->good.states[i].stack, &w->good.states[i].version);
	for (i = 0; r == 0 && i < w->undone.n_states; i++)
		r = add_stack(
		    w, w->undone.states[i].stack, &w->undone.states[i].version);
	return r;
}

/* ---- files -------------------------------------------------------------- */

void
gv_rollback_plan_keep(void *run, const struct gv_restore_change *c)
{
	struct gv_rollback_run *w = run;

	if (GV_GROW(w->changes, w->n_changes, w->changes_cap) < 0) {
		w->is_full = true;
		return;
	}
	if (gv_restore_copy(&w->changes[w->n_changes], c, &w->arena) < 0)
		w->is_full = true;
	else
		w->n_changes++;
}

static void
on_revoked(void *run, const char *scope, const struct gv_digest *id,
    const char *reason)
{
	struct gv_rollback_run *w = run;

	w->revoked++;
	gv_revealed_out_revoked(w->ctx, scope, id, reason);
}

void
gv_rollback_plan_sort(struct gv_rollback_run *w)
{
	gv_restore_sort(w->changes, w->n_changes);
}

/* The length of a path without what Terraform appends to the copy that it makes
 * before it writes a state: .backup, or a number and .backup. */
static size_t
without_backup(const char *path, size_t len)
{
	static const char end[] = ".backup";
	const size_t n = sizeof(end) - 1;
	size_t at;

	if (len <= n || memcmp(path + len - n, end, n) != 0)
		return len;
	for (at = len -= n;
	     at > 0 && path[at - 1] >= '0' && path[at - 1] <= '9';)
		at--;
	return at < len && at > 0 && path[at - 1] == '.' ? at - 1 : len;
}

/* The state that a tool has in the working tree. With an old state the tool
 * would create existing resources again and forget newer ones, so the tool
 * itself must push it, from the file that is made ready. */
static bool
is_state(void *run, const char *path, size_t len)
{
	const size_t all = len;
	struct gv_rollback_run *w = run;
	enum gv_rollback_place place;
	struct gv_statefile file;
	const char *copy;

	len = without_backup(path, len);
	if (!gv_statefile_may_be(path, len))
		return false;
	copy = gv_arena_copy(&w->arena, path, len);
	if (copy == NULL) {
		w->is_full = true;
		return true;
	}
	if (!gv_statefile_parse(&file, copy))
		return false;
	place = w->own ? gv_rollback_env_place(w->own, path, len)
		       : GV_ROLLBACK_SHARED;
	if (len == all &&
	    (place == GV_ROLLBACK_OWN ||
		(place == GV_ROLLBACK_SHARED && w->state_file == NULL)))
		w->state_file = copy;
	return true;
}

void
gv_rollback_restore_opts(struct gv_restore_opts *out, struct gv_rollback_run *w)
{
	*out = (struct gv_restore_opts)GV_RESTORE_OPTS_INIT;
	out->overwrite = GV_RESTORE_IF_CHANGED;
	out->delete = true;
	out->safe = w->safe;
	out->cross_scope = w->o->cross_scope;
	out->reason = w->reason;
	out->takes = w->is_narrow ? gv_rollback_paths_has : NULL;
	out->takes_ctx = &w->paths;
	out->stays = is_state;
	out->stays_ctx = w;
	out->begin = gv_progress_on_begin;
	out->add = gv_progress_on_add;
	out->progress_ctx = w->ctx->progress;
}

/* What the plan names is all that is touched, and taken back, whatever comes
 * to be of which class meanwhile. */
static int
keep_paths(struct gv_rollback_run *w)
{
	size_t i;
	int r = 0;

	gv_rollback_paths_release(&w->paths);
	for (i = 0; r == 0 && i < w->n_changes; i++)
		if (w->changes[i].action <= GV_RESTORE_EMPTY)
			r = gv_rollback_paths_add(
			    &w->paths, w->changes[i].path, w->changes[i].len);
	return r;
}

static int
open_scope(struct gv_rollback_scope **out, struct gv_rollback_run *w)
{
	const struct gv_rollback_scope_of of = {
		.rec = &w->rec, .code = w->good.code, .classes = w->classes
	};

	*out = NULL;
	w->is_narrow = w->undone.scope;
	if (w->is_narrow)
		return gv_rollback_paths_load(
		    &w->paths, w->ctx->repo, w->undone.id);
	return w->undone.id[0] || w->classes == GV_ROLLBACK_FILES
	    ? 0
	    : gv_rollback_scope_open(out, w->ctx->repo, &of);
}

/* Of some files only it says nothing of the others. */
static int
check_whole(const struct gv_rollback_run *w)
{
	struct gv_buf only = GV_BUF_INIT;
	int r;

	if (w->rec.only == NULL)
		return 0;
	gv_good_add_reason(&only, w->rec.only);
	if ((r = gv_buf_check(&only)) == 0)
		r = gv_err(GV_EREFUSED,
		    "snapshot %s of record %u of %s contains only %s, so a "
		    "rollback would remove everything else; 'git vault restore "
		    "%s --in-place' restores what it contains, --scope state "
		    "restores the states, and --to chooses another record",
		    w->rec.id, w->good.n, w->env, only.p, w->rec.id);
	gv_buf_release(&only);
	return r;
}

/* An undo restores all paths that the rollback saved. A commit of code concerns
 * only files that git tracks. */
int
gv_rollback_open_own(struct gv_rollback_run *w)
{
	const bool is_code = w->o->branch || w->o->commit;
	int r;

	if (w->undone.id[0] || w->is_all || !w->rec.id[0])
		return 0;
	w->own_of = (struct gv_rollback_env_of){ .rec = &w->rec,
		.env = w->env,
		.takes_local = w->o->local_files,
		.is_code = is_code };
	r = gv_rollback_env_open(&w->own, w->ctx->repo, &w->own_of);
	if (r == 0 && !is_code && gv_rollback_env_is_all(w->own)) {
		gv_rollback_env_close(w->own);
		w->own = NULL;
	}
	return r;
}

/* What is asked of a path: both, where both are there. */
struct taking {
	struct gv_rollback_env *own;
	struct gv_rollback_scope *scope;
};

static bool
takes(void *ctx, const char *path, size_t len)
{
	struct taking *t = ctx;

	return (t->own == NULL || gv_rollback_env_takes(t->own, path, len)) &&
	    (t->scope == NULL || gv_rollback_scope_takes(t->scope, path, len));
}

/* Whether something of the environment's own stays as it is. */
static bool
leaves(const struct taking *t)
{
	const char *one;
	bool is_own = false;

	if (t->own)
		(void)gv_rollback_env_local(t->own, &one, &is_own);
	return is_own || (t->scope && gv_rollback_scope_leaves(t->scope));
}

static int
plan_files(struct gv_rollback_run *w)
{
	struct gv_rollback_scope *scope = NULL;
	struct gv_restore_opts opts;
	struct taking taking;
	int r;

	if ((r = check_whole(w)) < 0 || (r = gv_rollback_open_own(w)) < 0 ||
	    (r = open_scope(&scope, w)) < 0)
		return r;
	gv_rollback_restore_opts(&opts, w);
	taking = (struct taking){ w->own, scope };
	if (scope || w->own) {
		opts.takes = takes;
		opts.takes_ctx = &taking;
	}
	opts.dry_run = true;
	opts.revoked = on_revoked;
	opts.revoked_ctx = w;
	opts.each = gv_rollback_plan_keep;
	opts.each_ctx = w;
	r = gv_restore_run(&w->would, w->ctx->repo, &w->rec, &opts);
	if (r == 0 && w->is_full)
		r = gv_err_nomem();
	gv_rollback_plan_sort(w);
	w->is_narrow |= scope || w->own;
	w->leaves = leaves(&taking);
	if (r == 0)
		r = gv_rollback_tear_find(w, &opts);
	gv_rollback_scope_close(scope);
	return r == 0 && w->is_narrow ? keep_paths(w) : r;
}

/* ---- the plan ----------------------------------------------------------- */

static bool
needs_safe(const struct gv_rollback_run *w)
{
	size_t i;

	for (i = 0; i < w->n_stacks; i++)
		if (!w->stacks[i].is_same)
			return true;
	return w->files && (w->classes & GV_ROLLBACK_SECRETS) &&
	    (w->rec.secrets || w->rec.format >= GV_RECORD_WITHHOLDS);
}

int
gv_rollback_plan(struct gv_rollback_run *w)
{
	int r = w->states ? gv_rollback_plan_states(w) : 0;

	if (r < 0)
		return r;
	if (needs_safe(w) &&
	    (r = gv_identity_opt_open(&w->safe, w->ctx, &w->o->identities)) < 0)
		return r;
	if (w->files && (r = plan_files(w)) < 0)
		return r;
	gv_rollback_plan_keys(w);
	return 0;
}

static bool
touches_files(const struct gv_rollback_run *w)
{
	return w->would.created || w->would.changed || w->would.touched ||
	    w->would.deleted;
}

bool
gv_rollback_plan_is_empty(const struct gv_rollback_run *w)
{
	size_t i;

	/* what it made ready is to go, and that it is taken back to be told */
	if (w->undone.id[0])
		return false;
	/* what comes and goes of directories is not counted */
	for (i = 0; i < w->n_changes; i++)
		if (w->changes[i].is_dir)
			return false;
	for (i = 0; i < w->n_stacks; i++)
		if (!w->stacks[i].is_same)
			return false;
	return !touches_files(w);
}

/* Secrets would come where more people read them: each such file is named. */
static int
check_crossed(const struct gv_rollback_run *w)
{
	size_t i;

	for (i = 0; i < w->n_changes; i++)
		if (w->changes[i].is_crossing)
			gv_revealed_out_file(w->ctx, &w->changes[i]);
	return gv_err(GV_ENOKEY,
	    "a rollback to snapshot %s would write secrets to %" PRIu64
	    " file%s with more readers, so nothing was changed; to write them "
	    "anyway, add --cross-scope",
	    w->rec.id, w->would.crossed, w->would.crossed == 1 ? "" : "s");
}

static int
check_files(const struct gv_rollback_run *w)
{
	size_t i;

	if (w->revoked)
		return gv_err(GV_EREFUSED,
		    "snapshot %s has %zu secret%s that %s revoked, and a "
		    "rollback would bring %s back into use; roll back without "
		    "secrets by --scope code,config,state, or restore chosen "
		    "files by 'git vault restore', which only warns of revoked "
		    "secrets",
		    w->rec.id, w->revoked, w->revoked == 1 ? "" : "s",
		    w->revoked == 1 ? "was" : "were",
		    w->revoked == 1 ? "it" : "them");
	if (w->would.damaged)
		return gv_err(GV_ECORRUPT,
		    "secrets of %" PRIu64
		    " file%s of snapshot %s are missing, so it cannot be "
		    "restored completely; 'git vault repair' may find them",
		    w->would.damaged, w->would.damaged == 1 ? "" : "s",
		    w->rec.id);
	if (w->would.crossed)
		return check_crossed(w);
	if (w->would.sealed)
		return gv_err(GV_ENOKEY,
		    "%" PRIu64
		    " secret%s of snapshot %s cannot be decrypted here, so it "
		    "cannot be restored completely; name another key by "
		    "--identity",
		    w->would.sealed_values,
		    w->would.sealed_values == 1 ? "" : "s", w->rec.id);
	if (w->would.skipped) {
		for (i = 0; i < w->n_changes; i++)
			gv_rollback_out_left(
			    w, &w->changes[i], "cannot go back");
		return gv_err(GV_EREFUSED,
		    "%" PRIu64
		    " path%s of snapshot %s cannot be restored completely, so "
		    "nothing was changed; fix %s first, or restore the rest by "
		    "'git vault restore %s --in-place'",
		    w->would.skipped, w->would.skipped == 1 ? "" : "s",
		    w->rec.id, w->would.skipped == 1 ? "it" : "them",
		    w->rec.id);
	}
	return 0;
}

/* Whether the keys at hand open a version: its first part tells. */
static int
try_stack(const struct gv_rollback_run *w, const struct gv_rollback_stack *s)
{
	struct gv_track_reader *reader = NULL;
	const void *data;
	size_t len;
	int r = gv_track_reader_new(&reader, w->ctx->repo, w->safe, &s->to);

	if (r == 0)
		r = gv_track_reader_next(reader, &data, &len);
	gv_track_reader_free(reader);
	return r < 0 ? gv_err_in(r, "state %s/%s", w->env, s->to.stack) : 0;
}

int
gv_rollback_plan_check(const struct gv_rollback_run *w)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->n_stacks; i++)
		if (!w->stacks[i].is_same)
			r = try_stack(w, &w->stacks[i]);
	if (r < 0 || (r = check_files(w)) < 0)
		return r;
	return gv_rollback_tear_check(w);
}
