#include "git-vault/good/rollback.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/restore/restore_out.h"
#include "git-vault/restore/tear_out.h"
#include "git-vault/state/state_out.h"
#include "git-vault/state/state_version.h"

static const struct {
	enum gv_out_slot slot;
	const char *letter, *name;
} actions[] = {
	[GV_RESTORE_CREATE] = { GV_OUT_ADDED, "A", "create" },
	[GV_RESTORE_CHANGE] = { GV_OUT_CHANGED, "M", "change" },
	[GV_RESTORE_TOUCH] = { GV_OUT_CHANGED, "m", "touch" },
	[GV_RESTORE_DELETE] = { GV_OUT_REMOVED, "D", "delete" },
};

static const enum gv_out_slot step_slots[GV_ROLLBACK_ACTIONS] = { GV_OUT_ADDED,
	GV_OUT_CHANGED, GV_OUT_CHANGED, GV_OUT_REMOVED };

/* What a rollback does to a resource in the state file. The JSON form uses the
 * words of the tools, which people would take for a change of the cloud. */
static const char *const step_words[GV_ROLLBACK_ACTIONS] = {
	[GV_ROLLBACK_CREATE] = "added",
	[GV_ROLLBACK_CHANGE] = "changed",
	[GV_ROLLBACK_REPLACE] = "replaced",
	[GV_ROLLBACK_REMOVE] = "removed",
};

/* ---- text --------------------------------------------------------------- */

static void
print_change(struct gv_out *out, const struct gv_restore_change *c)
{
	if (c->action > GV_RESTORE_DELETE)
		return;
	gv_out_paint(
	    out, actions[c->action].slot, "%s", actions[c->action].letter);
	gv_out_printf(out, " ");
	gv_out_path(out, c->path, c->len);
	gv_out_printf(out, "%s\n", c->is_dir ? "/" : "");
}

static void
print_stack(struct gv_out *out, const struct gv_rollback_stack *s)
{
	char from[24], to[24], id[GV_STATE_VERSION_ID];
	size_t i;

	gv_state_version_id(id, &s->to);
	gv_state_version_serial(from, &s->from);
	gv_state_version_serial(to, &s->to);
	gv_out_printf(out, "state %s/%s ", s->to.env, s->to.stack);
	gv_out_paint(out, GV_OUT_ID, "%s", id);
	if (s->is_same)
		gv_out_printf(out, " serial %s: the newest saved\n", to);
	else
		gv_out_printf(out, " serial %s, from %s\n", to, from);
	if (s->order.n)
		gv_out_printf(out,
		    "  in the state file; nothing is created or destroyed in "
		    "the cloud:\n");
	for (i = 0; i < s->order.n; i++) {
		gv_out_printf(out, "  ");
		gv_out_paint(out, step_slots[s->order.steps[i].action], "%s",
		    step_words[s->order.steps[i].action]);
		gv_out_printf(out, " ");
		gv_out_path(out, s->order.steps[i].address,
		    strlen(s->order.steps[i].address));
		gv_out_printf(out, "\n");
	}
	if (s->untold)
		gv_out_warn(out,
		    "which resources of %s/%s differ is not known: "
		    "%s",
		    s->to.env, s->to.stack, s->untold);
}

static bool
is_shared(const struct gv_rollback_run *w, const struct gv_restore_change *c)
{
	return w->own &&
	    gv_rollback_env_place(w->own, c->path, c->len) ==
	    GV_ROLLBACK_SHARED;
}

static void
print_changes(const struct gv_rollback_run *w, bool shared)
{
	struct gv_out *out = w->ctx->out;
	size_t i, n = 0;

	for (i = 0; i < w->n_changes; i++) {
		const struct gv_restore_change *c = &w->changes[i];

		if (c->action > GV_RESTORE_DELETE || is_shared(w, c) != shared)
			continue;
		if (n++ == 0 && shared)
			gv_out_printf(out,
			    "of no environment; %s may use them, too:\n",
			    gv_rollback_env_others(w->own));
		print_change(out, c);
		gv_rollback_out_keys(w, i);
	}
}

/* What stays of the snapshot's files, and how it would not. */
void
gv_rollback_out_own(const struct gv_rollback_run *w)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool is_code = w->o->branch || w->o->commit;
	const char *one;
	bool is_own;
	size_t n;

	if (w->own == NULL)
		return;
	if (!gv_rollback_env_is_known(w->own) &&
	    gv_rollback_env_others(w->own)[0])
		gv_out_say(w->ctx->out,
		    "no path names the environment %s, so only files of no "
		    "environment go back; for all files%s%s",
		    w->env,
		    is_code ? ", add --scope all"
			    : ": git vault rollback --scope all ",
		    is_code ? "" : w->env);
	n = gv_rollback_env_local(w->own, &one, &is_own);
	if (n == 0)
		return;
	gv_path_quote(&path, one, strlen(one));
	gv_out_say(w->ctx->out,
	    "%zu file%s that git ignores stay%s unchanged, such as %s: another "
	    "clone took snapshot %s; to bring %s back, too: git vault rollback "
	    "--with-local-files %s",
	    n, n == 1 ? "" : "s", n == 1 ? "s" : "", path.p, w->rec.id,
	    n == 1 ? "it" : "them", w->env);
	gv_buf_release(&path);
}

void
gv_rollback_out_plan(const struct gv_rollback_run *w)
{
	struct gv_out *out = w->ctx->out;
	size_t i;

	print_changes(w, false);
	print_changes(w, true);
	gv_rollback_out_own(w);
	for (i = 0; i < w->n_stacks; i++)
		print_stack(out, &w->stacks[i]);
	for (i = 0; i < w->good.n_artifacts; i++) {
		gv_out_printf(out, "artifact ");
		gv_out_path(out, w->good.artifacts[i].name,
		    strlen(w->good.artifacts[i].name));
		gv_out_printf(out, " sha256:%s\n", w->good.artifacts[i].sha256);
	}
}

void
gv_rollback_out_left(const struct gv_rollback_run *w,
    const struct gv_restore_change *c, const char *how)
{
	struct gv_buf path = GV_BUF_INIT;

	if (c->action != GV_RESTORE_SKIP)
		return;
	gv_path_quote(&path, c->len ? c->path : ".", c->len ? c->len : 1);
	gv_out_warn(w->ctx->out, "%s %s: %s", path.p, how,
	    c->reason ? c->reason : "it cannot be restored");
	gv_buf_release(&path);
}

static void
say_target(const struct gv_rollback_run *w, const char *what)
{
	struct gv_restore_result res = w->o->dry_run ? w->would : w->done;
	struct gv_buf counts = GV_BUF_INIT;
	struct gv_out *out = w->ctx->out;

	/* of a scope the run looks at nothing else than what changes */
	if (w->is_narrow)
		res.unchanged = w->would.unchanged;

	if (w->undone.id[0])
		gv_out_say(
		    out, "%s rollback %s of %s", what, w->undone.id, w->env);
	else
		gv_out_say(out, "%s %s to known-good record %u", what, w->env,
		    w->good.n);
	if (w->files) {
		gv_restore_out_counts(&counts, &res, false);
		gv_out_say(out, "%s of %s: %s",
		    gv_rollback_scope_word(w->classes), w->rec.id,
		    counts.p ? counts.p : "");
	}
	gv_buf_release(&counts);
}

/* Of what stays: what was done is what was planned, so the plan knows it. */
static void
say_rest(const struct gv_rollback_run *w)
{
	const struct gv_restore_result rest = { .stays = w->would.stays,
		.refused = w->done.refused };
	struct gv_buf path = GV_BUF_INIT;

	if (w->state_file && w->classes & GV_ROLLBACK_SECRETS) {
		gv_path_quote(&path, w->state_file, strlen(w->state_file));
		gv_out_say(w->ctx->out,
		    "state files of tools, such as %s, were not changed",
		    path.p);
	}
	gv_buf_release(&path);
	gv_restore_out_unread(w->ctx, &w->would, w->rec.id);
	gv_restore_out_rest(w->ctx, &rest);
}

void
gv_rollback_out_done(const struct gv_rollback_run *w)
{
	struct gv_out *out = w->ctx->out;
	const bool is_undo = w->undone.id[0];
	size_t i;

	if (w->o->dry_run) {
		say_target(w, is_undo ? "would take back" : "would roll back");
		say_rest(w);
		return;
	}
	if (!w->id[0]) {
		gv_out_say(out,
		    "nothing %sdiffers from that record; nothing was changed",
		    w->n_elsewhere ? "else " : "");
		say_rest(w);
		return;
	}
	/* two lines for scripts; a person reads the same below */
	for (i = 0; !gv_out_is_fitted(out) && i < w->n_stacks; i++) {
		if (w->stacks[i].path == NULL)
			continue;
		gv_out_printf(out, "ready ");
		gv_out_path(out, w->stacks[i].path, strlen(w->stacks[i].path));
		if (w->stacks[i].has_serial)
			gv_out_printf(
			    out, " serial %" PRIu64, w->stacks[i].serial);
		gv_out_printf(out, "\n");
	}
	if (!gv_out_is_fitted(out)) {
		gv_out_printf(out, "undo ");
		gv_out_paint(out, GV_OUT_ID, "%s", w->id);
		gv_out_printf(out, "\n");
	}
	say_target(w, is_undo ? "took back" : "rolled back");
	if (gv_out_is_fitted(out))
		gv_out_say(out, "undo: git vault rollback --undo %s", w->id);
	if (w->record)
		gv_out_say(out, "made known-good record %u of %s, a candidate",
		    w->record, w->env);
	for (i = 0; i < w->n_stacks; i++)
		if (w->stacks[i].path)
			gv_state_out_pushable(
			    w->ctx, w->stacks[i].path, &w->stacks[i].to);
	say_rest(w);
	if (w->done.skipped || w->n_elsewhere)
		gv_out_warn(out,
		    "the rollback is incomplete, so no record was made; remove "
		    "the obstacles and run the same command again");
}

void
gv_rollback_out_kept(
    const struct gv_rollback_run *w, size_t n, const struct gv_buf *paths)
{
	struct gv_out *out = w->ctx->out;
	struct gv_buf name = GV_BUF_INIT, word = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const char *p = paths->p;

	if (n == 0)
		return;
	gv_out_say(out,
	    "%zu file%s of it with secrets stay%s as HEAD has %s:", n,
	    n == 1 ? "" : "s", n == 1 ? "s" : "", n == 1 ? "it" : "them");
	for (; p < paths->p + paths->len; p += strlen(p) + 1) {
		gv_buf_reset(&name);
		gv_path_quote(&name, p, strlen(p));
		if (gv_buf_check(&name) == 0)
			gv_out_say(out, "  %s", name.p);
	}
	gv_oid_format(hex, &w->good.code);
	gv_shell_word(&word, paths->p);
	gv_out_say(out,
	    "to allow a false alarm, see git vault help policy; to take a file "
	    "from the record unchanged: git checkout %.10s --%s",
	    hex, word.p ? word.p : "");
	gv_buf_release(&word);
	gv_buf_release(&name);
}

/* ---- JSON --------------------------------------------------------------- */

void
gv_rollback_out_json_kept(
    const struct gv_rollback_run *w, size_t n, const struct gv_buf *paths)
{
	struct gv_json *j = w->ctx->json;
	const char *p = paths->p;

	gv_json_uint(j, "kept", n);
	gv_json_array(j, "kept_paths");
	for (; n && p < paths->p + paths->len; p += strlen(p) + 1)
		gv_json_path(j, NULL, p, strlen(p));
	gv_json_end(j);
}

void
gv_rollback_out_json_changes(const struct gv_rollback_run *w)
{
	struct gv_json *j = w->ctx->json;
	size_t i;

	gv_json_array(j, "changes");
	for (i = 0; i < w->n_changes; i++) {
		const struct gv_restore_change *c = &w->changes[i];

		if (c->action > GV_RESTORE_DELETE)
			continue;
		gv_json_object(j, NULL);
		gv_json_string(j, "action", actions[c->action].name);
		gv_json_bool(j, "shared", is_shared(w, c));
		gv_json_path(j, "path", c->path, c->len);
		gv_json_bool(j, "directory", c->is_dir);
		gv_rollback_out_json_keys(w, i);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_scope(const struct gv_rollback_run *w)
{
	static const unsigned classes[] = { GV_ROLLBACK_CODE,
		GV_ROLLBACK_CONFIG, GV_ROLLBACK_SECRETS };
	struct gv_json *j = w->ctx->json;
	size_t i;

	gv_json_array(j, "scope");
	for (i = 0; w->files && i < sizeof(classes) / sizeof(*classes); i++)
		if (w->classes & classes[i])
			gv_json_string(
			    j, NULL, gv_rollback_scope_word(classes[i]));
	if (w->states)
		gv_json_string(j, NULL, "state");
	gv_json_end(j);
}

static void
json_stack(struct gv_json *j, const struct gv_rollback_stack *s)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_state_version_json(j, "from", &s->from);
	gv_state_version_json(j, "to", &s->to);
	gv_json_bool(j, "same", s->is_same);
	gv_json_array(j, "resources");
	for (i = 0; i < s->order.n; i++) {
		const struct gv_rollback_step *step = &s->order.steps[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "action", gv_rollback_actions[step->action]);
		gv_json_string(j, "address", step->address);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_string(j, "unknown", s->untold);
	if (s->path)
		gv_json_path(j, "ready", s->path, strlen(s->path));
	else
		gv_json_null(j, "ready");
	if (s->path && s->has_serial)
		gv_json_uint(j, "serial", s->serial);
	else
		gv_json_null(j, "serial");
	gv_json_end(j);
}

void
gv_rollback_out_json_undo(const struct gv_rollback_run *w)
{
	struct gv_json *j = w->ctx->json;
	struct gv_buf command = GV_BUF_INIT;

	gv_cmd_paste(&command, w->ctx);
	gv_buf_addf(&command, " rollback --undo %s", w->id);
	gv_json_string(j, "id", w->id[0] ? w->id : NULL);
	gv_json_string(j, "undo", w->id[0] ? command.p : NULL);
	gv_buf_release(&command);
}

void
gv_rollback_out_json(const struct gv_rollback_run *w)
{
	struct gv_json *j = w->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "environment", w->env);
	if (w->good.n)
		gv_json_uint(j, "record", w->good.n);
	else
		gv_json_null(j, "record");
	gv_json_string(j, "undoes", w->undone.id[0] ? w->undone.id : NULL);
	json_scope(w);
	gv_json_string(j, "snapshot", w->files ? w->rec.id : NULL);
	gv_json_bool(j, "dry_run", w->o->dry_run);
	gv_rollback_out_json_undo(w);
	if (w->record)
		gv_json_uint(j, "candidate", w->record);
	else
		gv_json_null(j, "candidate");
	gv_json_uint(j, "skipped", w->done.skipped);
	gv_json_uint(j, "stays", w->would.stays);
	gv_json_uint(j, "unread", w->would.unread);
	gv_rollback_out_json_approvals(w);
	gv_rollback_out_json_changes(w);
	gv_rollback_repos_json(w);
	gv_json_array(j, "states");
	for (i = 0; i < w->n_stacks; i++)
		json_stack(j, &w->stacks[i]);
	gv_json_end(j);
	gv_tear_out_json(j, &w->tear, &w->result.graph);
	gv_json_array(j, "artifacts");
	for (i = 0; i < w->good.n_artifacts; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", w->good.artifacts[i].name);
		gv_json_string(j, "sha256", w->good.artifacts[i].sha256);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}
