#include <string.h>

#include "base/err.h"
#include "store/odb.h"
#include "store/repo.h"
#include "sys/proc.h"
#include "vault/trawl_internal.h"

/* ":<mode> <mode> <id> <id> <status>" NUL path NUL, as git writes it. */
#define NEW_MODE 8
#define NEW_ID   (NEW_MODE + 6 + 1 + GV_OID_HEX + 1)
#define STATUS   (NEW_ID + GV_OID_HEX + 1)

static int
add_line(struct gv_trawl *trawl, const char *line, const char *path)
{
	struct gv_trawl_job job = { .root = -1 };

	/* a regular file: neither a link nor a submodule */
	if (strncmp(line + NEW_MODE, "100", 3) != 0)
		return 0;
	if (gv_oid_parse(&job.blob, line + NEW_ID) < 0)
		return gv_err(GV_ERROR, "git diff-index names no object");
	job.path = gv_arena_copy(&trawl->private->arena, path, strlen(path));
	return job.path ? gv_trawl_add_job(trawl, &job) : GV_ENOMEM;
}

static int
read_list(struct gv_trawl *trawl, const struct gv_buf *out)
{
	const char *p = out->p, *end = p + out->len, *path;
	int r = 0;

	while (r == 0 && p < end) {
		path = p + strlen(p) + 1;
		if (path - p <= STATUS || path >= end)
			return gv_err(GV_ERROR,
			    "git diff-index wrote what it should not");
		r = add_line(trawl, p, path);
		p = path + strlen(path) + 1;
	}
	return r;
}

int
gv_trawl_add_staged(struct gv_trawl *trawl)
{
	struct gv_trawl_private *p = trawl->private;
	char tree[GV_OID_HEX + 1];
	/* neither renames nor copies: what they hold is not in HEAD there */
	const char *argv[] = { "git", "diff-index", "--cached", "--raw", "-z",
		"--no-abbrev", "--no-renames", "--diff-filter=AMT",
		"--ignore-submodules=all", tree, "--", NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	gv_oid_format(tree,
	    gv_oid_is_zero(&p->opts.repo->head) ? &gv_oid_empty_tree
						: &p->opts.repo->head);
	if (r == 0)
		r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && git.status != 0)
		r = gv_err(GV_ERROR,
		    "what is staged cannot be listed: git diff-index: %s",
		    gv_proc_why(&git));
	if (r == 0)
		r = read_list(trawl, &git.out);
	gv_proc_release(&git);
	return r;
}
