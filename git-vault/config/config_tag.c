#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drift/drift_when.h"
#include "git-vault/config/config_history.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "param/param_name.h"
#include "record/record_resolve.h"
#include "vault/author.h"

/* Names for versions of the configuration. */

/* Whether something else has that name: a snapshot or a commit. */
static bool
is_taken(struct gv_repo *repo, const char *text)
{
	struct gv_record rec = { .n_tags = 0 };
	struct gv_oid commit;
	char *before = gv_err_save();
	const int r = gv_record_resolve(&rec, repo,
	    &(struct gv_record_query){
		.text = text, .deleted = true, .commit = &commit });

	gv_record_release(&rec);
	gv_err_restore(before);
	return r >= 0;
}

int
gv_config_when(struct gv_drift_when *out, struct gv_ctx *ctx, const char *text)
{
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	int r = gv_param_name_find(&commit, ctx->repo, text);

	/* whoever can push can give names: none hides what Git knows */
	if (r == GV_ENOTFOUND || (r == 0 && is_taken(ctx->repo, text)))
		return gv_drift_when(out, ctx->repo, text);
	if (r < 0)
		return r;
	gv_oid_format(hex, &commit);
	return gv_drift_when(out, ctx->repo, hex);
}

int
gv_config_tags(struct gv_ctx *ctx)
{
	static const struct gv_out_column columns[] = { { .head = "NAME" },
		{ .head = "COMMIT" }, { .head = "WHEN" },
		{ .head = "BY", .cut = true } };
	struct gv_param_names names;
	char hex[GV_OID_HEX + 1], age[GV_TIME_MAX];
	size_t i;
	int r = gv_param_names(&names, ctx->repo);

	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "names");
	} else {
		gv_out_columns(ctx->out, columns, 4);
	}
	for (i = 0; i < names.n; i++) {
		const struct gv_param_name *one = &names.items[i];

		gv_oid_format(hex, &one->commit);
		if (ctx->json) {
			gv_json_object(ctx->json, NULL);
			gv_json_string(ctx->json, "name", one->name);
			gv_json_string(ctx->json, "commit", hex);
			gv_json_time(ctx->json, "time", one->time);
			gv_json_string(ctx->json, "author", one->author);
			gv_json_end(ctx->json);
			continue;
		}
		gv_time_relative(age, one->time, ctx->now);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, one->name);
		gv_out_cell(ctx->out, GV_OUT_ID, "%.8s", hex);
		gv_out_cell(ctx->out, GV_OUT_DIM, "%s", age);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, one->author);
	}
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	gv_param_names_release(&names);
	return 0;
}

int
gv_config_tag(struct gv_ctx *ctx, const char *name, const char *text)
{
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	int r = gv_record_commit(&commit, text ? text : "HEAD");

	if (r < 0)
		return r;
	if (r == 0)
		return gv_err(GV_ENOTFOUND, "%s%s%s is not a commit",
		    text ? "'" : "", text ? text : "HEAD", text ? "'" : "");
	if (is_taken(ctx->repo, name))
		return gv_err(GV_EEXISTS,
		    "'%s' is the name of a commit or snapshot already", name);
	if ((r = gv_param_name_add(ctx->repo, name, &commit, ctx->now)) < 0)
		return r;
	gv_oid_format(hex, &commit);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "name", name);
		gv_json_string(ctx->json, "commit", hex);
		gv_json_end(ctx->json);
	} else {
		gv_out_say(ctx->out,
		    "the configuration of commit %.8s is '%s'; to read it: git "
		    "vault config list --at %s",
		    hex, name, name);
	}
	return 0;
}

int
gv_config_untag(struct gv_ctx *ctx, char **names, int n)
{
	int i, r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = gv_param_name_drop(ctx->repo, names[i]);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "deleted");
		for (n = 0; n < i && r == 0; n++)
			gv_json_string(ctx->json, NULL, names[n]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	return r;
}
