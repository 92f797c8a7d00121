#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/trash.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "retention/trash_write.h"

struct undelete_opts {
	bool all, dry_run;
	const char *from;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = offsetof(struct undelete_opts, all),
	    .help = "restore everything in the trash" },
	{ .type = GV_OPT_STRING,
	    .name = "from",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct undelete_opts, from),
	    .help = "restore all that a sync with this remote deleted" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct undelete_opts, dry_run),
	    .help = "show what would be restored, change nothing" },
	GV_OPT_LAST
};

static int
check(const struct undelete_opts *o, int argc)
{
	if (o->all + (o->from != NULL) + (argc > 0) > 1)
		return gv_err(GV_EUSAGE,
		    "give ids, or --all, or --from REMOTE, and only one of "
		    "these");
	if (!o->all && o->from == NULL && argc == 0)
		return gv_err(GV_EUSAGE,
		    "name the snapshots to undelete by their ids, which "
		    "'git vault list --deleted' shows, or give --all");
	return 0;
}

/* A remote, or one that was removed since and is in the trash. */
static int
check_from(const struct gv_ctx *ctx, const char *from, const struct gv_trash *t)
{
	size_t i;

	for (i = 0; i < t->n_batches; i++)
		if (t->batches[i].remote &&
		    strcmp(t->batches[i].remote, from) == 0)
			return 0;
	return gv_remote_check(&ctx->repo->config, from);
}

static bool
is_meant(const struct undelete_opts *o, const struct gv_trash_item *it)
{
	if (it->is_live)
		return false;
	return o->all ||
	    (o->from && it->batch->remote &&
		strcmp(it->batch->remote, o->from) == 0);
}

/* Their ids, each once; they point into the trash. */
static int
choose(const char **ids, size_t *n, const struct gv_trash *t,
    const struct undelete_opts *o, char **argv, int argc)
{
	const struct gv_trash_item *it;
	size_t i;
	int a, r;

	*n = 0;
	for (i = 0; argc == 0 && i < t->n; i++)
		if (is_meant(o, &t->items[i]))
			ids[(*n)++] = t->items[i].id;
	for (a = 0; a < argc; a++) {
		if ((r = gv_trash_find(&it, t, argv[a])) < 0)
			return r;
		if (it->is_live)
			return gv_err(GV_EREFUSED, "%s is not deleted", it->id);
		for (i = 0; i < *n && strcmp(ids[i], it->id) != 0; i++)
			;
		if (i == *n)
			ids[(*n)++] = it->id;
	}
	return 0;
}

static void
print(struct gv_ctx *ctx, const char *const *ids, size_t n, bool dry_run)
{
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "dry_run", dry_run);
		gv_json_array(ctx->json, "undeleted");
		for (i = 0; i < n; i++)
			gv_json_string(ctx->json, NULL, ids[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return;
	}
	for (i = 0; i < n; i++) {
		gv_out_id(ctx->out, ids[i]);
		gv_out_printf(ctx->out, "\n");
	}
	gv_out_count(count, n, "snapshot");
	gv_out_say(ctx->out, "%s %s%s",
	    dry_run ? "would bring back" : "brought back", count,
	    n == 0 || dry_run ? "" : "; for other clones, too: git vault sync");
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct undelete_opts *o = ctx->opts;
	struct gv_buf damaged = GV_BUF_INIT;
	struct gv_trash trash = { .n = 0 };
	const char **ids = NULL;
	size_t n = 0;
	int r;

	if ((r = check(o, argc)) < 0 ||
	    (r = gv_trash_load(&trash, ctx->repo, &damaged)) < 0)
		goto out;
	if (damaged.len)
		gv_out_warn(
		    ctx->out, "%.*s", (int)strcspn(damaged.p, "\n"), damaged.p);
	if (o->from && (r = check_from(ctx, o->from, &trash)) < 0)
		goto out;
	ids = calloc(trash.n + (size_t)argc + 1, sizeof(*ids));
	if (ids == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	if ((r = choose(ids, &n, &trash, o, argv, argc)) < 0)
		goto out;
	if (n && !o->dry_run &&
	    (r = gv_trash_restore(ctx->repo, ids, n, ctx->now)) < 0)
		goto out;
	print(ctx, ids, n, o->dry_run);
	if (damaged.len)
		r = 3;
out:
	free(ids);
	gv_trash_release(&trash);
	gv_buf_release(&damaged);
	return r;
}

const struct gv_cmd cmd_undelete = {
	.name = "undelete",
	.summary = "restore deleted snapshots from the trash",
	.usage = "[-n] SNAP...\n"
		 "[-n] --all\n"
		 "[-n] --from REMOTE",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct undelete_opts),
	.max_args = -1,
	.args = { GV_OPT_DELETED },
	.run = run,
};
