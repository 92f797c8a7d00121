#include "git-vault/hook/hook_foreign.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "hook/hook_hg.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "sys/self.h"

bool
gv_hook_foreign_is(const struct gv_ctx *ctx)
{
	return gv_foreign_kind_of(ctx->repo->git_dir) != GV_FOREIGN_NONE;
}

/* The hooks of hg; svn has none in a working copy. */
static const char *const hg_hooks[] = { "commit", "update", NULL };
static const char *const no_hooks[] = { NULL };

static void
print(struct gv_ctx *ctx, const char *const *names, bool is_there, bool changed,
    bool is_look)
{
	const char *state = is_there ? "installed" : "absent";
	struct gv_json *j = ctx->json;
	size_t i;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_path(j, "directory", ctx->repo->git_dir,
		    strlen(ctx->repo->git_dir));
		gv_json_string(j, "refused", NULL);
		gv_json_string(j, "merge_driver", "absent");
		gv_json_array(j, "hooks");
	}
	for (i = 0; names[i]; i++) {
		if (j == NULL) {
			if (ctx->verbosity >= 0)
				gv_out_printf(ctx->out, "%-9s %s in .hg/hgrc\n",
				    is_look || !changed ? state
					: is_there      ? "added"
							: "removed",
				    names[i]);
			continue;
		}
		gv_json_object(j, NULL);
		gv_json_string(j, "name", names[i]);
		gv_json_string(j, "side", "client");
		gv_json_string(j, "state", state);
		if (!is_look)
			gv_json_string(j, "action",
			    !changed       ? "left"
				: is_there ? "added"
					   : "removed");
		gv_json_string(j, "manager", NULL);
		gv_json_string(j, "reason", NULL);
		gv_json_end(j);
	}
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	}
}

/* There is nothing to look at or to remove, but something that does instead. */
static int
tell_svn(struct gv_ctx *ctx, enum gv_hook_foreign_do what)
{
	if (what == GV_HOOK_FOREIGN_ADD)
		return gv_err(GV_EREFUSED,
		    "Subversion runs no hooks in a working copy; watch saves it "
		    "as you work\n"
		    "hint: git vault project add; git vault watch start\n"
		    "hint: on the server's host, in a working copy for this "
		    "alone: git vault hooks install --server");
	if (ctx->json)
		print(ctx, no_hooks, false, false, true);
	else
		gv_out_say(ctx->out, GV_HOOK_FOREIGN_NONE);
	return 0;
}

int
gv_hook_foreign_run(struct gv_ctx *ctx, enum gv_hook_foreign_do what)
{
	const char *git_dir = ctx->repo->git_dir;
	struct gv_buf program = GV_BUF_INIT;
	bool changed = false, is = false;
	int r;

	if (gv_foreign_kind_of(git_dir) == GV_FOREIGN_SVN)
		return tell_svn(ctx, what);
	if ((r = gv_self_path(&program)) == 0 && what != GV_HOOK_FOREIGN_LOOK)
		r = gv_hook_hg_set(&changed, git_dir,
		    what == GV_HOOK_FOREIGN_ADD ? program.p : NULL);
	if (r == 0 && (r = gv_hook_hg_is(&is, git_dir)) == 0)
		print(ctx, hg_hooks, is, changed, what == GV_HOOK_FOREIGN_LOOK);
	gv_buf_release(&program);
	return r;
}
