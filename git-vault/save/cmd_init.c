#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "hook/init.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/entry.h"

struct init_opts {
	bool dry_run;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct init_opts, dry_run),
	    .help = "show what would be done, change nothing" },
	GV_IDENTITY_OPT(struct init_opts, identities), GV_OPT_LAST
};

static const char *const actions[] = {
	[GV_INIT_ADDED] = "added",
	[GV_INIT_FOUND] = "found",
	[GV_INIT_KEPT] = "kept",
	[GV_INIT_SKIPPED] = "skipped",
};

static const enum gv_out_slot slots[] = {
	[GV_INIT_ADDED] = GV_OUT_ADDED,
	[GV_INIT_FOUND] = GV_OUT_PLAIN,
	[GV_INIT_KEPT] = GV_OUT_CHANGED,
	[GV_INIT_SKIPPED] = GV_OUT_CHANGED,
};

static void
print_json(struct gv_ctx *ctx, const struct gv_init_report *rep, bool dry_run)
{
	struct gv_json *j = ctx->json;
	bool changed = false;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_path(
	    j, "git_dir", ctx->repo->common_dir, strlen(ctx->repo->common_dir));
	gv_json_bool(j, "dry_run", dry_run);
	gv_json_array(j, "steps");
	for (i = 0; i < rep->n; i++) {
		const struct gv_init_step *s = &rep->steps[i];

		changed = changed || s->action == GV_INIT_ADDED;
		gv_json_object(j, NULL);
		gv_json_string(j, "action", actions[s->action]);
		gv_json_string(j, "key", s->key);
		gv_json_string(j, "value", s->value);
		if (s->kept)
			gv_json_string(j, "kept", s->kept);
		gv_json_string(j, "reason", s->reason);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "changed", changed);
	gv_json_end(j);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_init_report *rep, bool dry_run)
{
	size_t i;

	if (ctx->verbosity < 0)
		return;
	for (i = 0; i < rep->n; i++) {
		const struct gv_init_step *s = &rep->steps[i];
		const char *value = s->kept ? s->kept : s->value;

		gv_out_paint(ctx->out, slots[s->action], "%-9s",
		    dry_run && s->action == GV_INIT_ADDED ? "would add"
							  : actions[s->action]);
		gv_out_printf(ctx->out, " ");
		if (s->key) {
			gv_out_text(ctx->out, s->key, strlen(s->key));
			if (value) {
				gv_out_printf(ctx->out, " = ");
				gv_out_text(ctx->out, value, strlen(value));
			}
		} else {
			gv_out_path(ctx->out, value, strlen(value));
		}
		gv_out_printf(ctx->out, "\n          ");
		gv_out_paint(ctx->out, GV_OUT_DIM, "%s", s->reason);
		gv_out_printf(ctx->out, "\n");
	}
}

static void
print_made(struct gv_ctx *ctx, const char *git_dir)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_path(j, "git_dir", git_dir, strlen(git_dir));
	gv_json_bool(j, "dry_run", true);
	gv_json_array(j, "steps");
	gv_json_end(j);
	gv_json_bool(j, "changed", true);
	gv_json_end(j);
}

/* In a working copy of Subversion or Mercurial the vault is made first: 1; 0
 * where that is all that is to be done. */
static int
make(struct gv_ctx *ctx, bool dry_run)
{
	struct gv_foreign of = { .kind = GV_FOREIGN_NONE };
	char *here = gv_entry_real_path(".");
	int r = here ? gv_foreign_find(&of, here) : 0;

	if (r == 0 && of.kind && !of.has_vault) {
		gv_out_say(ctx->out, "%s the vault of this %s working copy: %s",
		    dry_run ? "would make" : "made", gv_foreign_name(of.kind),
		    of.git_dir);
		if (dry_run && ctx->json)
			print_made(ctx, of.git_dir);
		if (dry_run)
			goto out;
		r = gv_foreign_make(&of);
	}
	if (r == 0 && (r = gv_repo_open(&ctx->repo, 0)) == 0) {
		gv_cmd_answer(ctx);
		r = 1;
	}
out:
	gv_foreign_release(&of);
	free(here);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct init_opts *o = ctx->opts;
	struct gv_init_report rep = { 0 };
	struct gv_safe_opts how;
	struct gv_safe *safe = NULL;
	int r;

	(void)argc;
	(void)argv;
	if (ctx->repo == NULL && (r = make(ctx, o->dry_run)) != 1)
		return r;
	gv_identity_opt_fill(&how, ctx, &o->identities);
	r = gv_init_run(&rep, &safe, ctx->repo, &how, o->dry_run);
	if (ctx->json && r == 0)
		print_json(ctx, &rep, o->dry_run);
	else if (ctx->json == NULL)
		print_text(ctx, &rep, o->dry_run);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_init_release(&rep);
	return r;
}

const struct gv_cmd cmd_init = {
	.name = "init",
	.summary = "prepare this repository for its vault",
	.usage = "[--dry-run]",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO_IF,
	.opts = opts,
	.opts_size = sizeof(struct init_opts),
	.run = run,
};
