#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/autosave_out.h"
#include "record/mark.h"
#include "record/record_resolve.h"
#include "snapshot/snapshot_adopt.h"

struct tag_opts {
	bool remove;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_BOOL,
					  .letter = 'd',
					  .name = "delete",
					  .at =
					      offsetof(struct tag_opts, remove),
					  .help = "remove the tags" },
	GV_OPT_LAST };

static bool
has_tag(char **tags, size_t n, const char *tag)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(tags[i], tag) == 0)
			return true;
	return false;
}

/* What stands in the commit cannot be taken away, since that never changes;
 * what is not there cannot either. */
static int
check(const struct gv_record *rec, char **tags, size_t n, bool remove)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!gv_mark_is_tag(tags[i]))
			return gv_err(GV_EUSAGE,
			    "a tag is one word without blanks or control "
			    "characters");
		if (!remove)
			continue;
		if (has_tag(rec->tags, rec->n_own_tags, tags[i]))
			return gv_err(GV_EREFUSED,
			    "the tag '%s' was given to snapshot %s when it was "
			    "taken; its commit keeps it for good",
			    tags[i], rec->id);
		if (!has_tag(rec->tags, rec->n_tags, tags[i]))
			return gv_err(GV_ENOTFOUND,
			    "snapshot %s has no tag '%s'", rec->id, tags[i]);
	}
	return 0;
}

/* The record again, as it is now. */
static int
print(struct gv_ctx *ctx, const char *id)
{
	struct gv_record rec = { 0 };
	int r = gv_record_resolve(
	    &rec, ctx->repo, &(struct gv_record_query){ .text = id });
	size_t i;

	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "id", rec.id);
		gv_json_array(ctx->json, "tags");
		for (i = 0; i < rec.n_tags; i++)
			gv_json_string(ctx->json, NULL, rec.tags[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_id(ctx->out, rec.id);
		for (i = 0; i < rec.n_tags; i++) {
			gv_out_printf(ctx->out, " ");
			gv_out_text(ctx->out, rec.tags[i], strlen(rec.tags[i]));
		}
		gv_out_printf(ctx->out, "\n");
	}
	gv_record_release(&rec);
	return 0;
}

/* Those that are not in the commit anyway; the array of the arguments is cut
 * down to them. */
static size_t
drop_own(const struct gv_record *rec, char **tags, size_t n)
{
	size_t i, left = 0;

	for (i = 0; i < n; i++)
		if (!has_tag(rec->tags, rec->n_own_tags, tags[i]))
			tags[left++] = tags[i];
	return left;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct tag_opts *o = ctx->opts;
	struct gv_mark_tags what = { .tags = (const char *const *)argv + 1,
		.n = (size_t)argc - 1,
		.remove = o->remove };
	struct gv_record rec = { 0 };
	int r = gv_record_resolve(
	    &rec, ctx->repo, &(struct gv_record_query){ .text = argv[0] });

	what.id = rec.id;
	if (r == 0)
		r = check(&rec, argv + 1, what.n, o->remove);
	what.n = drop_own(&rec, argv + 1, what.n);
	if (r == 0 && what.n && !o->remove &&
	    (r = gv_snapshot_adopt(ctx->repo, rec.id)) > 0) {
		gv_autosave_out_kept(ctx, rec.id);
		r = 0;
	}
	if (r == 0 && what.n)
		r = gv_mark_tag(ctx->repo, &what, ctx->now);
	if (r == 0)
		r = print(ctx, rec.id);
	gv_record_release(&rec);
	return r;
}

const struct gv_cmd cmd_tag = {
	.name = "tag",
	.summary = "add tags to a snapshot, or remove them",
	.usage = "[-d] SNAP NAME...",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct tag_opts),
	.min_args = 2,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_TAG },
	.run = run,
};
