#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "fold/fold_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "repo/worktree.h"
#include "sys/dir.h"
#include "sys/file.h"

#define FILE_MAX ((size_t)16 << 20)

#define MAX_DEPTH 16 /* of folders, where git has at most a few */

/* Every run of just 40 digits in a text that names an object which is here:
 * more than what git would take for one, never less. */
static void
add_ids(struct gv_buf *out, struct gv_odb *odb, const struct gv_buf *text)
{
	size_t i, n;
	struct gv_oid id;

	for (i = 0; i < text->len; i += n + 1) {
		for (n = 0; i + n < text->len &&
		     isxdigit((unsigned char)text->p[i + n]);
		     n++)
			;
		if (n != GV_OID_HEX || gv_oid_parse(&id, text->p + i) < 0 ||
		    !gv_odb_has(odb, &id))
			continue;
		gv_buf_add(out, text->p + i, GV_OID_HEX);
		gv_buf_addch(out, '\n');
	}
}

/* HEAD, ORIG_HEAD, …: capitals and underscores only. */
static bool
is_head(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(name);
}

static int
scan_dir(
    struct gv_buf *out, struct gv_odb *odb, const char *path, bool heads_only)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf text = GV_BUF_INIT;
	int fd = gv_dir_open_root(path), r = 0;
	size_t i;

	if (fd >= 0 && gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot list %s", path);
	for (i = 0; fd >= 0 && r == 0 && i < names.n; i++) {
		const struct gv_dir_name *n = &names.names[i];

		if (n->type == DT_DIR || (heads_only && !is_head(n->name)))
			continue;
		gv_buf_reset(&text);
		if (gv_file_read(&text, fd, n->name, FILE_MAX) == 0)
			add_ids(out, odb, &text);
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&text);
	return r;
}

/* Files of a folder and of those below it. */
static int
scan_below(
    struct gv_buf *out, struct gv_odb *odb, struct gv_buf *path, int depth)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	size_t base = path->len, i;
	int fd, r = scan_dir(out, odb, path->p, false);

	fd = r == 0 ? gv_dir_open_root(path->p) : -1;
	if (fd >= 0 && gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot list %s", path->p);
	for (i = 0; fd >= 0 && r == 0 && i < names.n; i++) {
		unsigned char type = names.names[i].type;

		if ((type != DT_DIR && type != DT_UNKNOWN) ||
		    depth == MAX_DEPTH)
			continue;
		gv_buf_addf(path, "/%s", names.names[i].name);
		if ((r = gv_buf_check(path)) == 0)
			r = scan_below(out, odb, path, depth + 1);
		gv_buf_truncate(path, base);
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	return r;
}

/* The refs of a working tree's own are in a file each, and git lists them in
 * that one only. */
static int
scan_worktree(struct gv_buf *out, struct gv_odb *odb, const char *git_dir)
{
	static const char *const states[] = { "rebase-merge", "rebase-apply",
		"sequencer", "refs/bisect", "refs/rewritten", "refs/worktree" };
	struct gv_buf path = GV_BUF_INIT;
	int r = scan_dir(out, odb, git_dir, true);
	size_t i;

	for (i = 0; r == 0 && i < sizeof(states) / sizeof(states[0]); i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", git_dir, states[i]);
		if ((r = gv_buf_check(&path)) == 0)
			r = scan_below(out, odb, &path, 0);
	}
	gv_buf_release(&path);
	return r;
}

int
gv_fold_stray(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_worktrees trees;
	struct gv_odb *odb;
	size_t i;
	int r = gv_worktrees_load(&trees, repo);

	if (r == 0)
		r = gv_repo_odb(repo, &odb);
	for (i = 0; r == 0 && i < trees.n; i++)
		r = scan_worktree(out, odb, trees.git_dirs[i]);
	gv_worktrees_release(&trees);
	return r < 0 ? r : gv_buf_check(out);
}
