#include "git-vault/front/project_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/harm.h"
#include "git-vault/front/project_all.h"
#include "project/crew.h"
#include "project/registry.h"
#include "sys/entry.h"

#define MARK GV_PROJECT_PLACE_MARK
#define DIRS 4

/* A folder that is not there yet has no path of its own; the one that the user
 * stands in has. */
static int
make_absolute(char **out, const char **value)
{
	struct gv_buf path = GV_BUF_INIT;
	char *here = gv_entry_real_path(".");

	if (here == NULL)
		return gv_err(GV_ERROR,
		    "the current folder is gone, so '%.200s' leads nowhere",
		    *value);
	gv_buf_addf(&path, "%s/%s", here, *value);
	free(here);
	if ((*out = gv_buf_take(&path)) == NULL)
		return GV_ENOMEM;
	*value = *out;
	return 0;
}

static bool
is_file(const struct gv_opt *o)
{
	return o->kind == GV_OPT_DIR || o->kind == GV_OPT_PATH ||
	    strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "DIR") == 0;
}

/* They are relative to where the user is, not to the project. */
static int
fix_dirs(struct gv_project_place *out, const struct gv_opt *o, void *values)
{
	size_t n = 0;
	int r = 0;

	for (; r == 0 && o && o->type != GV_OPT_END; o++) {
		const char **value;

		if (o->type != GV_OPT_STRING || !is_file(o))
			continue;
		value = (const char **)(void *)((char *)values + o->at);
		if (*value && **value != '/' && **value != '-' && n < DIRS)
			r = make_absolute(&out->dirs[n++], value);
	}
	return r;
}

int
gv_project_place_enter(
    struct gv_project_place *out, struct gv_ctx *ctx, void *values, char **argv)
{
	const size_t begin = sizeof(MARK) - 1;
	const char *text = argv[0], *end;
	char *from;
	int r;

	if (ctx->cmd->args[0] != GV_OPT_SNAPSHOT || text == NULL ||
	    strncmp(text, MARK, begin) != 0)
		return 0;
	if (ctx->project)
		return gv_err(GV_EUSAGE,
		    "'%.200s' names a project, and so does --project", text);
	text += begin;
	end = strchr(text, ':');
	out->name = end ? strndup(text, (size_t)(end - text)) : strdup(text);
	out->snap = strdup(end && end[1] ? end + 1 : "latest");
	if (out->name == NULL || out->snap == NULL)
		return gv_err_nomem();
	if (*out->name == '\0')
		return gv_err(GV_EUSAGE,
		    "'%.200s' does not say which project; to list them: git "
		    "vault project list",
		    argv[0]);
	from = gv_entry_real_path(".");
	if ((r = fix_dirs(out, ctx->cmd->opts, values)) == 0 &&
	    (r = gv_project_all_enter(out->name)) == 0) {
		ctx->project = out->name;
		r = gv_harm_check_place(ctx, from);
	}
	free(from);
	argv[0] = out->snap;
	return r;
}

int
gv_project_place_go(struct gv_project_place *out, struct gv_ctx *ctx,
    void *values, const struct gv_registered *one)
{
	int r;

	if ((r = fix_dirs(out, ctx->cmd->opts, values)) < 0)
		return r;
	free(out->name);
	if ((out->name = strdup(one->name)) == NULL)
		return gv_err_nomem();
	ctx->project = out->name;
	return gv_crew_enter(one->path);
}

void
gv_project_place_release(struct gv_project_place *place)
{
	size_t i;

	free(place->name);
	free(place->snap);
	for (i = 0; i < DIRS; i++)
		free(place->dirs[i]);
	memset(place, 0, sizeof(*place));
}
