#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "worktree/index.h"

/* ":<mode> <mode> <id> <id> <status>" NUL path NUL, as git writes it. */
#define NEW_MODE 8
#define NEW_ID   (NEW_MODE + 6 + 1 + GV_OID_HEX + 1)
#define STATUS   (NEW_ID + GV_OID_HEX + 1)

#define MERGED 16          /* other sides of a merge that are looked at */
#define HEADS  (64 * 1024) /* bytes of MERGE_HEAD */

struct staged {
	struct gv_sweep *sweep;
	/* of each other side of a merge: the paths that differ from it */
	struct gv_proc gits[MERGED];
	struct gv_map paths[MERGED];
	size_t n;
};

/* What is as one side of a merge has it, this merge does not bring. */
static bool
is_merged(const struct staged *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (gv_map_get(&s->paths[i], path, strlen(path)) == NULL)
			return true;
	return false;
}

static int
add_line(struct staged *s, const char *line, const char *path)
{
	struct gv_sweep *sweep = s->sweep;
	struct gv_sweep_job job = { .root = -1 };

	/* a regular file: neither a link nor a submodule */
	if (strncmp(line + NEW_MODE, "100", 3) != 0 || is_merged(s, path))
		return 0;
	if (gv_oid_parse(&job.blob, line + NEW_ID) < 0)
		return gv_err(GV_ERROR, "git diff-index names no object");
	job.path = gv_arena_copy(&sweep->private->arena, path, strlen(path));
	return job.path ? gv_sweep_add_job(sweep, &job) : GV_ENOMEM;
}

/* With a map the paths go in there, else they are to be scanned. */
static int
read_list(struct staged *s, struct gv_map *paths, const struct gv_buf *out)
{
	char *p = out->p, *end = p + out->len, *path;
	int r = 0;

	while (r == 0 && p < end) {
		path = p + strlen(p) + 1;
		if (path - p <= STATUS || path >= end)
			return gv_err(GV_ERROR,
			    "git diff-index printed unexpected output");
		r = paths ? gv_map_put(paths, path, strlen(path), path)
			  : add_line(s, p, path);
		p = path + strlen(path) + 1;
	}
	return r;
}

/* An index that is damaged has a message of its own, with the next command. */
static int
say_why(struct gv_proc *git, const struct gv_repo *repo)
{
	struct gv_index *index = NULL;
	int r = gv_index_open(&index, repo);

	gv_index_close(index);
	return r == GV_ECORRUPT ? GV_ERROR
				: gv_err(GV_ERROR,
				      "staged changes cannot be listed: git "
				      "diff-index: %s",
				      gv_proc_why(git));
}

/* What is staged and differs from a tree. */
static int
list(struct gv_proc *git, const struct gv_repo *repo, const struct gv_oid *oid)
{
	char tree[GV_OID_HEX + 1];
	/* neither renames nor copies: what they hold is not in HEAD there */
	const char *argv[] = { "git", "diff-index", "--cached", "--raw", "-z",
		"--no-abbrev", "--no-renames", "--diff-filter=AMT",
		"--ignore-submodules=all", tree, "--", NULL };
	int r;

	gv_oid_format(tree, oid);
	r = gv_proc_run(git, &(struct gv_proc_opts){ .argv = argv });
	return r == 0 && git->status ? say_why(git, repo) : r;
}

static int
add_side(struct staged *s, const struct gv_oid *head)
{
	struct gv_proc *git = &s->gits[s->n];
	struct gv_map *paths = &s->paths[s->n];
	int r;

	*git = (struct gv_proc)GV_PROC_INIT;
	*paths = (struct gv_map)GV_MAP_INIT;
	s->n++;
	r = list(git, s->sweep->private->opts.repo, head);
	return r < 0 ? r : read_list(s, paths, &git->out);
}

/* The other sides of a merge that goes on: a line of MERGE_HEAD for each. */
static int
add_sides(struct staged *s)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_oid head;
	const char *p;
	int r;

	gv_buf_addf(
	    &path, "%s/MERGE_HEAD", s->sweep->private->opts.repo->git_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, HEADS);
	r = r == GV_ENOTFOUND ? 0 : r;
	for (p = text.p; r == 0 && s->n < MERGED; p += GV_OID_HEX + 1) {
		if (p + GV_OID_HEX > text.p + text.len ||
		    gv_oid_parse(&head, p) < 0)
			break;
		r = add_side(s, &head);
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_sweep_add_staged(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const struct gv_oid *head = gv_oid_is_zero(&p->opts.repo->head)
	    ? &gv_oid_empty_tree
	    : &p->opts.repo->head;
	struct staged s = { .sweep = sweep };
	struct gv_proc git = GV_PROC_INIT;
	size_t i;
	int r = gv_repo_odb(p->opts.repo, &p->odb);

	if (r == 0 && (r = add_sides(&s)) == 0 &&
	    (r = list(&git, p->opts.repo, head)) == 0)
		r = read_list(&s, NULL, &git.out);
	for (i = 0; i < s.n; i++) {
		gv_proc_release(&s.gits[i]);
		gv_map_release(&s.paths[i]);
	}
	gv_proc_release(&git);
	return r;
}
