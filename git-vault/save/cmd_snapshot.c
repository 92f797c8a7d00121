#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "autosave/autosave.h"
#include "autosave/restless.h"
#include "autosave/thin.h"
#include "base/err.h"
#include "base/path.h"
#include "fold/fold.h"
#include "git-vault/component/component.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/run_note.h"
#include "git-vault/look/copies_out.h"
#include "git-vault/look/left_out.h"
#include "git-vault/look/nested_out.h"
#include "git-vault/look/policy_out.h"
#include "git-vault/look/record_out.h"
#include "git-vault/look/trigger.h"
#include "policy/team.h"
#include "record/mark.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/prune.h"
#include "retention/thinning.h"
#include "safe/safe.h"
#include "snapshot/snapshot.h"
#include "state/track.h"
#include "sys/exec.h"
#include "vault/label.h"

struct snapshot_opts {
	const char *message;
	struct gv_opt_list tags, envs, only, include, exclude;
	const char *trigger;
	bool dry_run, force, is_auto, components;
	int recurse, scan;
	int64_t threads;
};

static const struct snapshot_opts defaults = { .recurse = -1, .scan = -1 };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .letter = 'm',
	    .name = "message",
	    .is_kept = true,
	    .arg = "MSG",
	    .at = offsetof(struct snapshot_opts, message),
	    .help = "the message; its first line is the subject" },
	{ .type = GV_OPT_LIST,
	    .name = "tag",
	    .arg = "TAG",
	    .at = offsetof(struct snapshot_opts, tags),
	    .help = "tag the snapshot; may be repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "env",
	    .is_kept = true,
	    .arg = "ENV",
	    .at = offsetof(struct snapshot_opts, envs),
	    .help = "set the environment, default: those of the branch; "
		    "may be repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "only",
	    .arg = "PATHSPEC",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct snapshot_opts, only),
	    .help = "store only matching files; may be repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "include",
	    .arg = "PATTERN",
	    .at = offsetof(struct snapshot_opts, include),
	    .help = "store matching files even if a rule leaves them "
		    "out; may be repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "exclude",
	    .arg = "PATTERN",
	    .at = offsetof(struct snapshot_opts, exclude),
	    .help = "leave out matching untracked files; may be repeated" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct snapshot_opts, dry_run),
	    .help = "show what would be stored and why, store nothing" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'f',
	    .name = "force",
	    .at = offsetof(struct snapshot_opts, force),
	    .help = "take a snapshot even if nothing changed" },
	{ .type = GV_OPT_BOOL,
	    .name = "auto",
	    .at = offsetof(struct snapshot_opts, is_auto),
	    .help = "make an automatic save, which is thinned by age" },
	{ .type = GV_OPT_BOOL,
	    .name = "components",
	    .at = offsetof(struct snapshot_opts, components),
	    .help = "also dump all components, see git-vault-component(1)" },
	{ .type = GV_OPT_TRI,
	    .name = "recurse-submodules",
	    .at = offsetof(struct snapshot_opts, recurse),
	    .help = "first snapshot each nested repository, and link it" },
	{ .type = GV_OPT_TRI,
	    .name = "scan",
	    .at = offsetof(struct snapshot_opts, scan),
	    .help = "search for secrets (default), or do not" },
	{ .type = GV_OPT_STRING,
	    .name = "trigger",
	    .arg = "WHAT",
	    .at = offsetof(struct snapshot_opts, trigger),
	    .help = "what started it: manual, hook, schedule, ci, watch, "
		    "safety" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct snapshot_opts, threads),
	    .help = "use N threads; default: one per processor" },
	GV_OPT_LAST
};

static const char *const troubles[] = {
	[GV_SURVEY_UNREADABLE] = "unreadable",
	[GV_SURVEY_VANISHED] = "vanished",
	[GV_SURVEY_UNSTABLE] = "unstable",
	[GV_SURVEY_SPECIAL] = "special",
	[GV_SURVEY_REPO] = "repository",
	[GV_SURVEY_UNSEARCHED] = "not_searched",
	[GV_SURVEY_REFUSED] = "refused_elsewhere",
	[GV_SURVEY_UNPORTABLE] = "unportable_name",
	[GV_SURVEY_NO_WISH] = "not_read",
};

static int
check(const struct snapshot_opts *o)
{
	size_t i;
	int r = o->trigger ? gv_trigger_check(o->trigger) : 0;

	if (r == 0 && o->is_auto &&
	    (o->tags.n || o->only.n || o->recurse > 0 || o->trigger))
		r = gv_err(GV_EUSAGE,
		    "--auto excludes --only, --tag, --trigger and "
		    "--recurse-submodules");
	for (i = 0; r == 0 && i < o->tags.n; i++)
		if (!gv_mark_is_tag(o->tags.items[i]))
			return gv_err(GV_EUSAGE,
			    "a tag is one word without blanks or control "
			    "characters");
	for (i = 0; r == 0 && i < o->envs.n; i++)
		r = gv_label_check("an environment", o->envs.items[i]);
	return r;
}

/* Files whose values Git's own history has, too. */
static void
print_exposed_json(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_array(j, "exposed");
	for (i = 0; i < s->n_exposed; i++) {
		gv_json_object(j, NULL);
		gv_json_path(
		    j, "path", s->exposed[i].path, strlen(s->exposed[i].path));
		gv_json_uint(j, "secrets", s->exposed[i].n);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* The states of tools that were looked at, and have a version now. */
static void
print_states_json(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_array(j, "states");
	for (i = 0; i < s->n_states; i++) {
		const struct gv_snapshot_state *state = &s->states[i];

		if (gv_oid_is_zero(&state->version))
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", state->path, strlen(state->path));
		gv_json_string(j, "environment", state->env);
		gv_json_string(j, "stack", state->stack);
		gv_json_oid(j, "version", &state->version);
		if (state->has_serial)
			gv_json_uint(j, "serial", state->serial);
		else
			gv_json_null(j, "serial");
		gv_json_bool(j, "created", state->created);
		gv_json_string(j, "damage", state->damage);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static bool
scans(const struct gv_ctx *ctx)
{
	const struct snapshot_opts *o = ctx->opts;

	return o->scan >= 0
	    ? o->scan > 0
	    : gv_config_bool(&ctx->repo->config, GV_SNAPSHOT_SCAN, true);
}

static bool
dumps(const struct gv_ctx *ctx)
{
	const struct snapshot_opts *o = ctx->opts;

	return o->components && !o->dry_run;
}

/* Under the snapshot's id as their label, so that they are found together. 0; 3
 * where one failed; a failure. */
static int
dump_components(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	const struct gv_component_opts how = { .label = s->id };
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_team_load(&policy, ctx->repo);

	if (r == 0)
		r = gv_component_run_all(ctx, &policy, NULL, 0, &how);
	gv_policy_release(&policy);
	return r < 0 ? gv_err_in(r, "the snapshot was taken, but not the dumps")
		     : r;
}

static void
print_json(struct gv_ctx *ctx, const struct gv_snapshot *s, int *dumped)
{
	const struct snapshot_opts *o = ctx->opts;
	const bool dry_run = o->dry_run;
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	if (dry_run)
		gv_json_null(j, "id");
	else
		gv_json_string(j, "id", s->id);
	gv_json_bool(j, "created", s->created);
	gv_json_oid(j, "commit", &s->commit);
	gv_json_oid(j, "base", &ctx->repo->head);
	gv_json_uint(j, "files", s->found.files);
	gv_json_uint(j, "bytes", s->found.bytes);
	gv_json_uint(j, "secrets", s->secrets);
	gv_json_uint(j, "sealed", s->sealed);
	gv_json_uint(j, "stored_files", s->stored_files);
	gv_json_uint(j, "objects", s->objects);
	gv_json_uint(j, "pack_bytes", s->pack_bytes);
	if (scans(ctx) && !dry_run)
		gv_json_uint(j, "findings", s->findings);
	else
		gv_json_null(j, "findings");
	print_exposed_json(ctx, s);
	gv_json_lines(j, "held", s->held);
	gv_json_array(j, "notes");
	for (i = 0; i < s->found.n_notes; i++) {
		const struct gv_survey_note *n = &s->found.notes[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "kind", troubles[n->what]);
		gv_json_path(j, "path", n->path, strlen(n->path));
		gv_json_string(j, "reason", n->reason);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_left_out_json(ctx, s->found.left);
	print_states_json(ctx, s);
	gv_nested_out_json(j, s->nested, s->n_nested);
	if (dry_run) {
		gv_json_array(j, "would_store");
		for (i = 0; i < s->n_entries; i++) {
			const struct gv_snapshot_entry *e = &s->entries[i];

			gv_json_object(j, NULL);
			gv_json_string(
			    j, "change", gv_record_out_word(e->status));
			gv_json_path(j, "path", e->path, strlen(e->path));
			gv_json_string(j, "reason", e->why);
			gv_json_uint(j, "bytes", e->size);
			gv_json_end(j);
		}
		gv_json_end(j);
	}
	if (dumps(ctx))
		*dumped = dump_components(ctx, s);
	gv_json_end(j);
}

static void
print_dry_run(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	char files[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < s->n_entries; i++) {
		const struct gv_snapshot_entry *e = &s->entries[i];

		gv_out_paint(ctx->out,
		    e->status == 'A' ? GV_OUT_ADDED : GV_OUT_CHANGED, "%c",
		    e->status);
		/* the word that a script reads does not change */
		gv_out_printf(ctx->out, " %-9s ",
		    gv_out_is_fitted(ctx->out) && *e->why == 'p' ? "ignored"
								 : e->why);
		gv_out_path(ctx->out, e->path, strlen(e->path));
		gv_out_printf(ctx->out, "\n");
		bytes += e->size;
	}
	gv_out_size(size, bytes);
	gv_out_count(files, s->n_entries, "file");
	gv_out_say(ctx->out,
	    "a snapshot would look into %s (%s) of %" PRIu64
	    "; nothing was stored",
	    files, size, s->found.files);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	char files[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	char pack[GV_OUT_SIZE_MAX];

	gv_out_id(ctx->out, s->id);
	gv_out_printf(ctx->out, "\n");
	gv_out_count(files, s->found.files, "file");
	gv_out_size(size, s->found.bytes);
	gv_out_size(pack, s->pack_bytes);
	if (!s->created)
		gv_out_say(ctx->out,
		    "nothing changed since this snapshot; none was taken");
	else if (s->stored_files)
		gv_out_say(ctx->out,
		    "saved %s (%s): %" PRIu64 " with new content, %s added",
		    files, size, s->stored_files, pack);
	else
		gv_out_say(ctx->out,
		    "saved %s (%s): none with new content, %s added", files,
		    size, pack);
}

#define SHOWN 3 /* paths */

/* One sentence for all of them; doctor has more. */
static void
say_unportable(struct gv_ctx *ctx, const struct gv_survey_note *first, size_t n)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, first->path, strlen(first->path));
	if (gv_buf_check(&path) == 0)
		gv_out_say(ctx->out,
		    "%zu new path%s cannot be restored on other systems, such "
		    "as %s (%s); 'git vault doctor' shows more",
		    n, n == 1 ? "" : "s", path.p, first->reason);
	gv_buf_release(&path);
}

/* 3 where something that should have been stored was not. */
static int
print_notes(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	struct gv_buf path = GV_BUF_INIT;
	const struct gv_survey_note *first = NULL;
	size_t i, unsearched = 0, unportable = 0;
	int r = 0;

	for (i = 0; i < s->found.n_notes; i++) {
		const struct gv_survey_note *n = &s->found.notes[i];

		gv_buf_reset(&path);
		gv_path_quote(&path, n->path, strlen(n->path));
		switch (n->what) {
		case GV_SURVEY_UNREADABLE:
			gv_out_warn(ctx->out, "%s is not stored: %s", path.p,
			    n->reason);
			r = 3;
			break;
		case GV_SURVEY_VANISHED:
		case GV_SURVEY_SPECIAL:
			gv_out_detail(ctx->out, "%s is not stored: %s", path.p,
			    n->reason);
			break;
		case GV_SURVEY_UNSEARCHED:
			unsearched++;
			if (unsearched <= SHOWN || ctx->verbosity > 0)
				gv_out_warn(ctx->out,
				    "%s is stored, but not searched for "
				    "secrets: %s",
				    path.p, n->reason);
			break;
		case GV_SURVEY_REFUSED:
			gv_out_warn(ctx->out,
			    "%s is stored encrypted, since a strict git fsck "
			    "refuses it, and so do many servers: %s",
			    path.p, n->reason);
			break;
		case GV_SURVEY_UNPORTABLE:
			if (unportable++ == 0)
				first = n;
			break;
		case GV_SURVEY_NO_WISH:
			gv_out_warn(ctx->out,
			    "%s is %s, so its patterns do not count; make it a "
			    "file",
			    path.p, n->reason);
			break;
		case GV_SURVEY_UNSTABLE:
		case GV_SURVEY_REPO:
			gv_out_warn(ctx->out, "%s: %s", path.p, n->reason);
			break;
		}
	}
	if (first)
		say_unportable(ctx, first, unportable);
	if (unsearched > 1)
		gv_out_warn(ctx->out,
		    "%zu files are stored, but not searched for secrets; to "
		    "list them: git vault scan",
		    unsearched);
	gv_buf_release(&path);
	return r;
}

/* The same of the repositories inside. */
static int
print_nested(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	int r = 0;
	size_t i;

	for (i = 0; i < s->n_nested; i++) {
		const struct gv_nested *in = &s->nested[i];

		gv_nested_out_said(ctx->out, in);
		if (*in->id == '\0')
			gv_nested_out_warn(ctx->out, in,
			    "its files and commits are not saved, "
			    "only the id of its commit");
		if (in->status)
			r = 3;
	}
	return r;
}

static void
print_state(struct gv_ctx *ctx, const struct gv_snapshot_state *s)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, s->path, strlen(s->path));
	if (gv_oid_is_zero(&s->version))
		gv_out_warn(ctx->out,
		    "the snapshot has %s, but no version of the state %s/%s "
		    "was saved: %s",
		    path.p, s->env, s->stack, s->why);
	else if (s->why)
		gv_out_warn(ctx->out,
		    "a version of the state %s/%s is saved, but the note of "
		    "its commit does not name it: %s",
		    s->env, s->stack, s->why);
	if (s->damage)
		gv_out_warn(ctx->out,
		    "%s is damaged: %s; it is saved as it is; to see what is "
		    "missing: git vault state triage --env %s --stack %s latest",
		    path.p, s->damage, s->env, s->stack);
	if (s->created)
		gv_out_detail(ctx->out, "saved a version of %s as %s/%s",
		    path.p, s->env, s->stack);
	gv_buf_release(&path);
}

/* What came of the states of tools; the snapshot has them in any case. */
static void
print_states(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	char count[GV_OUT_SIZE_MAX];
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->n_states; i++) {
		print_state(ctx, &s->states[i]);
		n += s->states[i].created;
	}
	gv_out_count(count, n, "state");
	if (n)
		gv_out_say(ctx->out,
		    "saved new versions of %s; to list all states: git vault "
		    "state list",
		    count);
	if (s->states_why)
		gv_out_warn(ctx->out,
		    "the snapshot is taken, but not every state in it has its "
		    "version: %s",
		    s->states_why);
}

/* What Git itself has of what was taken out. */
static void
print_exposed(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	struct gv_buf paths = GV_BUF_INIT;
	size_t i, n = 0;

	for (i = 0; i < s->n_exposed; i++) {
		n += s->exposed[i].n;
		if (i >= SHOWN)
			continue;
		if (i > 0)
			gv_buf_addstr(&paths, ", ");
		gv_path_quote(
		    &paths, s->exposed[i].path, strlen(s->exposed[i].path));
	}
	if (s->n_exposed > SHOWN)
		gv_buf_addf(&paths, " and %zu more", s->n_exposed - SHOWN);
	if (n && gv_buf_check(&paths) == 0)
		gv_out_say(ctx->out,
		    "%zu value%s in %s %s in Git's own history (HEAD): rotate "
		    "%s",
		    n, n == 1 ? "" : "s", paths.p, n == 1 ? "is" : "are",
		    n == 1 ? "it" : "them");
	gv_buf_release(&paths);
}

/* What is new of the keyring, and the first time that anything is sealed. */
static void
print_keyring(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	const struct gv_safe_news news = { .is_first_seen = s->saw_keyring,
		.print = s->print ? s->print : "unknown",
		.is_random = s->is_random,
		.is_lost = s->is_lost,
		.unmerged = s->unmerged,
		.shut = s->shut,
		.unreached = s->unreached };

	gv_identity_opt_tell_news(ctx, &news);
	if (!s->made_keyring)
		return;
	gv_out_say(ctx->out, "the keyring's fingerprint is %s", news.print);
	if (s->identity)
		gv_out_say(ctx->out, "created your key %s", s->identity);
	gv_out_say(ctx->out,
	    "back up your key now: nobody can decrypt this vault without it");
	gv_out_say(ctx->out, "hint: git vault key escrow");
}

/* What sync would hold back. */
static void
print_held(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	const char *p = s->held, *nl;

	for (; p && *p; p = *nl ? nl + 1 : nl) {
		nl = p + strcspn(p, "\n");
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
	}
	if (s->held)
		gv_out_say(ctx->out,
		    "these commits were never pushed: the snapshot stores "
		    "them encrypted, so that 'git vault sync' can send it");
}

/* What was found and withheld. It changes no exit status. */
static void
print_withheld(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	if (s->findings)
		gv_out_say(ctx->out,
		    "found %" PRIu64
		    " likely secret%s in new content; to list them: git vault "
		    "scan",
		    s->findings, s->findings == 1 ? "" : "s");
	if (s->created && s->secrets && s->sealed)
		gv_out_say(ctx->out,
		    "%" PRIu64 " secret%s encrypted, %" PRIu64 " of them new",
		    s->secrets, s->secrets == 1 ? " is" : "s are",
		    s->sealed < s->secrets ? s->sealed : s->secrets);
	else if (s->created && s->secrets)
		gv_out_say(ctx->out, "%" PRIu64 " secret%s encrypted",
		    s->secrets, s->secrets == 1 ? " is" : "s are");
	print_held(ctx, s);
	print_keyring(ctx, s);
	print_exposed(ctx, s);
}

/* What the policy wants done after a snapshot. That stands, so nothing here
 * makes the command fail. */
static void
prune(struct gv_ctx *ctx)
{
	struct gv_prune p = { .damaged = GV_BUF_INIT };
	char count[GV_OUT_SIZE_MAX];
	int r = gv_prune_auto(&p, ctx->repo, ctx->now);

	if (r < 0)
		gv_out_warn(ctx->out,
		    "the snapshot was taken, but old ones were not pruned: %s",
		    gv_err_message());
	gv_out_count(count, p.n_dropped, "snapshot");
	if (r > 0 && p.n_dropped)
		gv_out_say(ctx->out,
		    "pruned %s by the policy; for details: git vault audit "
		    "list --kind prune",
		    count);
	gv_prune_release(&p);
}

/* For watch, which saves such files one class later. */
static int
look_for_restless(struct gv_ctx *ctx)
{
	struct gv_restless restless;
	int r = gv_restless_find(&restless, ctx->repo);

	if (r == 0)
		r = gv_restless_write(&restless, ctx->repo);
	gv_restless_release(&restless);
	return r;
}

/* Now and then the chain of automatic saves loses what its rule lets go; see
 * autosave/thin.h. The next save may find it as it is. */
static void
thin(struct gv_ctx *ctx)
{
	struct gv_autosave last;
	size_t n = 0;
	int r = gv_autosave_last(&last, ctx->repo);

	if (r > 0 && last.since % GV_THIN_AFTER == 0)
		r = gv_thinning_apply(&n, ctx->repo, ctx->now);
	else if (r > 0 && last.since % GV_RESTLESS_EACH == 0)
		r = look_for_restless(ctx);
	if (r < 0 && r != GV_ELOCKED && r != GV_EEXISTS)
		gv_out_warn(ctx->out,
		    "the save was made, but older ones were not thinned: %s",
		    gv_err_message());
}

/* All of it, and the components, whose dumps are in the same document. 0; 3
 * where one failed; a failure. */
static int
print_all(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	const struct snapshot_opts *o = ctx->opts;
	int dumped = 0;

	if (ctx->json)
		print_json(ctx, s, &dumped);
	else if (o->dry_run)
		print_dry_run(ctx, s);
	else
		print_text(ctx, s);
	print_states(ctx, s);
	print_withheld(ctx, s);
	return dumps(ctx) && ctx->json == NULL ? dump_components(ctx, s)
					       : dumped;
}

static int
take_it(struct gv_snapshot *out, struct gv_ctx *ctx,
    const struct gv_snapshot_opts *take)
{
	int r;

	if (!take->dry_run && !take->is_auto)
		gv_run_note_counts(ctx);
	if ((r = gv_snapshot_take(out, ctx->repo, take)) < 0)
		return r;
	gv_run_note_made(ctx, GV_REFS_SNAPSHOTS, out->id, &out->commit);
	gv_run_note_size(ctx, out->found.bytes, out->pack_bytes);
	return r;
}

/* Nobody waits for an automatic save. Watch, whose answers commands wait for,
 * starts it at its own priority. */
static int
step_back(const struct gv_ctx *ctx)
{
	gv_exec_yield();
	return gv_team_go_on(ctx->repo);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct snapshot_opts *o = ctx->opts;
	struct gv_snapshot_opts take = { .message = o->message,
		.trigger = o->is_auto ? "watch" : o->trigger,
		.is_auto = o->is_auto,
		.tags = o->tags.items,
		.n_tags = o->tags.n,
		.envs = o->envs.items,
		.n_envs = o->envs.n,
		.only = o->only.items,
		.n_only = o->only.n,
		.said = { o->include.items, o->exclude.items, o->include.n,
		    o->exclude.n },
		.force = o->force,
		.dry_run = o->dry_run,
		.recurse = o->is_auto ? false
		    : o->recurse >= 0 ? o->recurse > 0
				      : gv_config_bool(&ctx->repo->config,
					    "vault.recursesubmodules", false),
		.no_scan = !scans(ctx),
		.threads = (int)o->threads,
		.on_begin = gv_progress_on_begin,
		.on_size = gv_progress_on_size,
		.on_add = gv_progress_on_add,
		.ctx = ctx->progress };
	struct gv_snapshot s = { 0 };
	int nested, dumped, r = check(o);

	(void)argc;
	(void)argv;
	if (r == 0 && o->is_auto)
		r = step_back(ctx);
	if (r == 0 && (r = gv_policy_out_ask(ctx)) == 0)
		r = take_it(&s, ctx, &take);
	if (r < 0)
		goto out;
	r = print_notes(ctx, &s);
	nested = print_nested(ctx, &s);
	r = r ? r : nested;
	dumped = print_all(ctx, &s);
	r = dumped < 0 ? dumped : r ? r : dumped;
	if (o->is_auto && s.created)
		thin(ctx);
	else if (!o->dry_run && !o->is_auto)
		prune(ctx);
	if (s.borrows)
		gv_out_say(ctx->out,
		    "this repository borrows objects from another one; if they "
		    "are deleted there, this snapshot is damaged; for the "
		    "command that copies them: git vault doctor");
	if (s.found.deferred)
		gv_out_say(ctx->out,
		    "some ignored files changed and are not stored again: "
		    "hooks "
		    "and watch store them once a day; to store them now: git "
		    "vault snapshot");
	if (o->only.n == 0)
		gv_left_out_say(ctx, s.found.left);
	if (s.created)
		gv_copies_out_push(ctx, o->is_auto, 0);
	/* upkeep for later: this snapshot does not depend on it */
	if (s.created && gv_fold_is_due(ctx->repo))
		(void)gv_fold_start(ctx->repo, NULL);
out:
	gv_snapshot_release(&s);
	return r;
}

const struct gv_cmd cmd_snapshot = {
	.name = "snapshot",
	.summary = "save everything that could be lost",
	.usage =
	    "[-m MSG] [--tag TAG]... [--env ENV]... [--only PATHSPEC]... "
	    "[--include PATTERN]... [--exclude PATTERN]... "
	    "[--recurse-submodules] [--no-scan] [--components] [--dry-run]\n"
	    "--auto [-m MSG] [--env ENV]... [--include PATTERN]... "
	    "[--exclude PATTERN]... [--no-scan] [--dry-run]",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO | GV_CMD_WORKTREE,
	.opts = opts,
	.opts_size = sizeof(struct snapshot_opts),
	.runs = "",
	.defaults = &defaults,
	.run = run,
};
