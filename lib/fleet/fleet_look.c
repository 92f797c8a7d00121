#include "fleet/fleet_look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "repo/foreign.h"
#include "sys/dir.h"
#include "sys/file.h"

#define DEPTH 32   /* folders below refs/ */
#define VALUE 4096 /* bytes of a loose ref's file */

static bool
has(const struct gv_dir_names *names, const char *name)
{
	return gv_dir_names_have(names, names->n, name, strlen(name));
}

static bool
is_bare(const struct gv_dir_names *names)
{
	return has(names, "HEAD") && has(names, "objects") &&
	    has(names, "refs");
}

static bool
has_vault(const char *path)
{
	struct gv_foreign of;
	const bool is = gv_foreign_look(&of, path) == 0 && of.has_vault;

	gv_foreign_release(&of);
	return is;
}

bool
gv_fleet_look_is_repository(const struct gv_dir_names *names, const char *path)
{
	if (has(names, ".git") || is_bare(names))
		return true;
	return (has(names, ".svn") || has(names, ".hg")) && has_vault(path);
}

/* ---- refs ---------------------------------------------------------------- */

struct refs {
	int root;           /* the git directory */
	struct gv_buf text; /* lines "VALUE NAME" */
	const char **lines;
	size_t n, cap;
	struct gv_buf path;
	bool is_odd; /* something is not as git writes it */
};

/* What the file of a ref says, its first line. */
static void
add_loose(struct refs *refs, const char *path)
{
	char value[VALUE];
	int fd = gv_dir_open_file(refs->root, path, strlen(path));
	ssize_t n = fd < 0 ? -1 : gv_file_read_full(fd, value, sizeof(value));
	const char *nl = n > 0 ? memchr(value, '\n', (size_t)n) : NULL;

	gv_file_close(fd);
	/* it may have been packed meanwhile, or be broken */
	if (nl == NULL || memchr(value, '\0', (size_t)(nl - value))) {
		refs->is_odd = true;
		return;
	}
	gv_buf_add(&refs->text, value, (size_t)(nl - value));
	gv_buf_addf(&refs->text, " %s\n", path);
	refs->is_odd |= refs->text.len > GV_FLEET_REFS;
}

static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    memcmp(name->name + name->len - 5, ".lock", 5) == 0;
}

static int add_folder(struct refs *refs, unsigned depth);

static int
add_names(struct refs *refs, const struct gv_dir_names *names, unsigned depth)
{
	const size_t len = refs->path.len;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && !refs->is_odd && i < names->n; i++) {
		const struct gv_dir_name *name = &names->names[i];

		if (is_lock(name))
			continue;
		gv_buf_addf(&refs->path, "/%s", name->name);
		if ((r = gv_buf_check(&refs->path)) < 0)
			return r;
		if (name->type == DT_DIR)
			r = add_folder(refs, depth + 1);
		else if (name->type == DT_REG)
			add_loose(refs, refs->path.p);
		else
			refs->is_odd = true;
		gv_buf_truncate(&refs->path, len);
	}
	return r;
}

static int
add_folder(struct refs *refs, unsigned depth)
{
	struct gv_dir_names names = { 0 };
	int fd, r = 0;

	fd = depth > DEPTH
	    ? -1
	    : gv_dir_open(refs->root, refs->path.p, refs->path.len);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		refs->is_odd = true;
	else
		r = add_names(refs, &names, depth);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return strcmp(strrchr(x, ' '), strrchr(y, ' '));
}

/* The loose ones in the order of their names. */
static int
sort(struct gv_buf *out, struct refs *refs)
{
	char *p = refs->text.p, *end = p + refs->text.len, *nl;
	size_t i;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		*nl = '\0';
		if (GV_GROW(refs->lines, refs->n, refs->cap) < 0)
			return gv_err_nomem();
		refs->lines[refs->n++] = p;
	}
	if (refs->n)
		qsort(refs->lines, refs->n, sizeof(*refs->lines), by_name);
	for (i = 0; i < refs->n; i++)
		gv_buf_addf(out, "%s\n", refs->lines[i]);
	return gv_buf_check(out);
}

/* HEAD, which is not below refs/, before them. */
static int
read_refs(struct gv_fleet_look *out, struct refs *refs)
{
	struct gv_buf loose = GV_BUF_INIT, packed = GV_BUF_INIT;
	struct gv_buf all = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	add_loose(refs, "HEAD");
	if ((r = gv_buf_check(&refs->text)) < 0 || refs->is_odd ||
	    !gv_fleet_look_is_head(
		refs->text.p, refs->text.len - sizeof(" HEAD")))
		goto out;
	gv_buf_addstr(&refs->path, "refs");
	if ((r = add_folder(refs, 0)) < 0 ||
	    (r = gv_buf_check(&refs->text)) < 0 || refs->is_odd)
		goto out;
	r = gv_file_read(&packed, refs->root, "packed-refs", GV_FLEET_REFS);
	refs->is_odd = r < 0 && r != GV_ENOTFOUND;
	r = r == GV_ENOMEM ? r : 0;
	if (r < 0 || refs->is_odd || (r = sort(&loose, refs)) < 0 ||
	    (r = gv_fleet_look_merge(
		 &all, loose.p, loose.len, packed.p, packed.len)) < 0)
		goto out;
	gv_fleet_look_refs(out, all.p, all.len);
	out->is_read = true;
out:
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	gv_buf_release(&loose);
	gv_buf_release(&packed);
	gv_buf_release(&all);
	return r;
}

/* Whether refs and configuration are in this very folder: `commondir` names
 * another one, and what has no `objects` git passes over. */
static bool
has_own_refs(int root)
{
	struct stat st;

	return gv_dir_stat(root, "reftable", 8, &st) < 0 &&
	    gv_dir_stat(root, "commondir", 9, &st) < 0 &&
	    gv_dir_stat(root, "objects", 7, &st) == 0;
}

static int
look_at_git_dir(struct gv_fleet_look *out, int folder, const char *git_dir)
{
	struct refs refs = { .text = GV_BUF_INIT, .path = GV_BUF_INIT };
	struct stat st;
	int r = 0;

	refs.root = gv_dir_open(folder, git_dir, strlen(git_dir));
	if (refs.root < 0)
		return 0;
	out->is_own =
	    gv_dir_stat_fd(refs.root, &st) == 0 && st.st_uid == geteuid();
	if (out->is_own && has_own_refs(refs.root))
		r = read_refs(out, &refs);
	gv_file_close(refs.root);
	gv_buf_release(&refs.text);
	gv_buf_release(&refs.path);
	free(refs.lines);
	return r;
}

/* ---- the folder ---------------------------------------------------------- */

int
gv_fleet_look(struct gv_fleet_look *out, const char *path)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf git_dir = GV_BUF_INIT;
	int fd, r = 0;

	memset(out, 0, sizeof(*out));
	fd = gv_dir_open_root(path);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		goto out;
	gv_buf_addf(&git_dir, "%s/.git", path);
	if ((r = gv_buf_check(&git_dir)) < 0)
		goto out;
	if (!has(&names, ".git"))
		out->kind = is_bare(&names) ? GV_FLEET_BARE
		    : has_vault(path)       ? GV_FLEET_LINKED
					    : GV_FLEET_OTHER;
	else
		out->kind = gv_file_is_dir(AT_FDCWD, git_dir.p)
		    ? GV_FLEET_TREE
		    : GV_FLEET_LINKED;
	if (out->kind == GV_FLEET_BARE)
		r = look_at_git_dir(out, fd, "");
	else if (out->kind == GV_FLEET_TREE)
		r = look_at_git_dir(out, fd, ".git");
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&git_dir);
	return r;
}
