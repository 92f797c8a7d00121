#include <stdlib.h>
#include <string.h>

#include "access/access_step.h"
#include "base/err.h"
#include "git-vault/config/access_local.h"
#include "git-vault/config/config_set.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "param/param_batch.h"
#include "param/param_new.h"
#include "policy/team.h"
#include "sys/lock.h"

/* `config new-env`: the layers of a new environment, like those of another. */

static const struct gv_buf nothing = GV_BUF_INIT;

static struct gv_access_kept
kept_of(const struct gv_param_new_file *file)
{
	return (struct gv_access_kept){
		.path = file->path, .was = &nothing, .text = &file->text
	};
}

/* Those that a program keeps: first, since another try passes over them. */
static int
store(struct gv_ctx *ctx, const struct gv_param_new *made,
    struct gv_param_pool *pool)
{
	struct gv_access_kept kept;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < made->n; i++) {
		kept = kept_of(&made->files[i]);
		if (made->files[i].set && !made->files[i].is_there)
			r = gv_access_local_kept(ctx, &kept);
	}
	if (r < 0 || (r = gv_param_new_store(made, pool)) < 0)
		return r;
	for (i = 0; i < made->n; i++) {
		kept = kept_of(&made->files[i]);
		if (made->files[i].set && !made->files[i].is_there &&
		    gv_access_local_wrote(ctx, &kept, GV_ACCESS_STORED) < 0)
			gv_out_warn(ctx->out,
			    "%s was written, but the audit: %s", kept.path,
			    gv_err_message());
	}
	return 0;
}

static int
write_all(struct gv_ctx *ctx, const struct gv_param_new *made,
    struct gv_param_pool *pool)
{
	struct gv_param_batch_file *files = calloc(made->n + 1, sizeof(*files));
	size_t i, n = 0;
	int r = 0;

	if (files == NULL)
		return gv_err_nomem();
	for (i = 0; i < made->n; i++)
		if (made->files[i].set == NULL)
			files[n++] = (struct gv_param_batch_file){
				.path = made->files[i].path,
				.text = &made->files[i].text
			};
	if (made->has_policy)
		files[n++] =
		    (struct gv_param_batch_file){ .path = GV_TEAM_POLICY,
			    .was = &made->policy_was,
			    .text = &made->policy };
	for (i = 0; r == 0 && i < n; i++)
		r = gv_access_local_file(ctx, files[i].path, files[i].text);
	if (r == 0 && (r = store(ctx, made, pool)) == 0 && n)
		r = gv_param_batch_write(ctx->repo, files, n);
	free(files);
	return r;
}

static const struct {
	const char *json, *text;
} whats[] = {
	[GV_PARAM_NEW_OWN] = { "own", "look at" },
	[GV_PARAM_NEW_SECRET] = { "secret", "secret " },
	[GV_PARAM_NEW_COMMENT] = { "comment", "secret " },
	[GV_PARAM_NEW_CLOSED] = { "closed", "missing" },
	[GV_PARAM_NEW_DOCUMENT] = { "document", "missing" },
};

static void
tell_json(struct gv_ctx *ctx, const struct gv_param_new *made, const char *name)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "environment", name);
	gv_json_array(j, "files");
	for (i = 0; i < made->n; i++) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", made->files[i].path,
		    strlen(made->files[i].path));
		gv_json_path(j, "like", made->files[i].like,
		    strlen(made->files[i].like));
		gv_json_string(j, "storage", made->files[i].set);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "policy", made->has_policy);
	gv_json_array(j, "notes");
	for (i = 0; i < made->n_notes; i++) {
		const struct gv_param_new_note *n = &made->notes[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "what", whats[n->what].json);
		gv_json_string(j, "key", n->key);
		gv_json_string(j, "service", n->service);
		gv_json_path(j, "file", n->file, strlen(n->file));
		gv_json_uint(j, "line", n->line);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
tell_note(
    struct gv_ctx *ctx, const struct gv_param_new_note *n, const char *name)
{
	gv_out_printf(ctx->out, "%s  ", whats[n->what].text);
	gv_out_path(ctx->out, n->file, strlen(n->file));
	gv_out_printf(ctx->out, ":%u  ", n->line);
	if (n->what == GV_PARAM_NEW_COMMENT)
		gv_out_printf(ctx->out, "in a comment, which has <secret> now");
	else if (n->what == GV_PARAM_NEW_CLOSED)
		gv_out_printf(ctx->out, "encrypted as a whole, not copied");
	else if (n->what == GV_PARAM_NEW_DOCUMENT)
		gv_out_printf(ctx->out,
		    "documents of that environment, not copied: add those of "
		    "%s",
		    name);
	else
		gv_out_text(ctx->out, n->key, strlen(n->key));
	gv_out_printf(ctx->out, "\n");
	if (n->what == GV_PARAM_NEW_SECRET && strchr(n->key, '['))
		gv_out_say(ctx->out,
		    "'%s' was not copied; it is in a list, so add it to the "
		    "new file by hand",
		    n->key);
	else if (n->what == GV_PARAM_NEW_SECRET)
		gv_out_say(ctx->out,
		    "'%s' was not copied; to set it: git vault config set "
		    "--env %s%s%s --stdin %s",
		    n->key, name, n->service ? " --service " : "",
		    n->service ? n->service : "", n->key);
}

static void
tell(struct gv_ctx *ctx, const struct gv_param_new *made, const char *name)
{
	bool adds = false;
	size_t i;

	for (i = 0; i < made->n; i++) {
		gv_out_printf(ctx->out, "created  ");
		gv_out_path(
		    ctx->out, made->files[i].path, strlen(made->files[i].path));
		gv_out_printf(ctx->out, " (like ");
		gv_out_path(
		    ctx->out, made->files[i].like, strlen(made->files[i].like));
		gv_out_printf(ctx->out, ")%s%s\n",
		    made->files[i].set ? " in the storage of " : "",
		    made->files[i].set ? made->files[i].set : "");
		adds |= made->files[i].set == NULL;
	}
	if (made->has_policy)
		gv_out_printf(ctx->out, "changed  " GV_TEAM_POLICY "\n");
	for (i = 0; i < made->n_notes; i++)
		tell_note(ctx, &made->notes[i], name);
	gv_out_say(ctx->out, "next: %sgit vault config validate --env %s",
	    adds || made->has_policy ? "git add the files, then " : "", name);
}

int
gv_config_new(struct gv_ctx *ctx, const char *name)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_param_pool *pool = NULL;
	struct gv_param_new made = { .n = 0 };
	int fd = -1, r;

	if (o->like == NULL)
		return gv_err(GV_EUSAGE,
		    "name the environment that '%s' is to be like: --like prod",
		    name);
	if ((r = gv_param_batch_lock(&fd, ctx->repo)) < 0 ||
	    (r = gv_param_pool_open(&pool, ctx->repo, NULL)) < 0 ||
	    (r = gv_param_new(&made, pool, o->layout, name, o->like)) < 0 ||
	    (r = write_all(ctx, &made, pool)) < 0)
		goto out;
	if (ctx->json)
		tell_json(ctx, &made, name);
	else
		tell(ctx, &made, name);
out:
	gv_param_new_release(&made);
	gv_param_pool_close(pool);
	gv_lock_close(fd);
	return r;
}
