#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * A process of git costs more than a small snapshot does, and tells of the
 * user's refs what a few files tell. Their form is that of ref_read.c. What is
 * not of the plainest form is left to git: a name of other letters, a link, a
 * file that is neither an id nor "ref: NAME", refs of a linked working tree.
 */

#define REFS       "refs/"
#define SYMBOLIC   "ref: " REFS
#define HEAD       "# pack-refs with:"
#define MAX_FILE   4096
#define MAX_PACKED ((size_t)1 << 30)
#define MAX_DEPTH  16 /* folders in each other */

/* A ref that was found: where its name is in the text, and, once that stays
 * where it is, the name. */
struct found {
	size_t at;
	const char *name;
	struct gv_oid oid;
	bool is_packed, is_symbolic;
};

struct reading {
	const char *const *ours;
	const char *below; /* only what begins so, if it is not NULL */
	int root;
	struct gv_buf text; /* names, each with its NUL */
	struct found *found;
	size_t n, cap;
};

/* Whether a part of a name is as plain as git allows it anywhere. */
static bool
is_plain(const char *part, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!(part[i] >= '0' && part[i] <= '9') &&
		    !(part[i] >= 'a' && part[i] <= 'z') &&
		    !(part[i] >= 'A' && part[i] <= 'Z') && part[i] != '-' &&
		    part[i] != '_' &&
		    (part[i] != '.' || i == 0 || part[i - 1] == '.' ||
			i + 1 == len))
			return false;
	return len > 0;
}

static bool
is_lock(const char *name, size_t len)
{
	return len > 5 && memcmp(name + len - 5, ".lock", 5) == 0;
}

static bool
is_plain_name(const char *name, size_t len)
{
	const char *end = name + len, *slash;

	for (;; name = slash + 1) {
		slash = memchr(name, '/', (size_t)(end - name));
		if (slash == NULL)
			slash = end;
		if (!is_plain(name, (size_t)(slash - name)) ||
		    is_lock(name, (size_t)(slash - name)))
			return false;
		if (slash == end)
			return true;
	}
}

static bool
begins(const char *name, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(name, with, n) == 0;
}

/* Whether a ref or a folder is one of the user's, or one of those that are
 * asked for. */
static bool
is_wanted(const struct reading *rd, const char *name, size_t len)
{
	size_t i, n;

	if (rd->below)
		return begins(name, len, rd->below);
	if (!begins(name, len, GV_REFS_VAULT) &&
	    !begins(name, len, GV_REFS_TRASH) &&
	    !begins(name, len, GV_REFS_REMOTES))
		return true;
	for (i = 0; rd->ours[i]; i++) {
		n = strlen(rd->ours[i]);
		if (begins(name, len, rd->ours[i]) &&
		    (len == n || name[n] == '/'))
			return true;
	}
	return false;
}

/* Whether something that is wanted can be in a folder, "refs/…/". */
static bool
may_hold(const struct reading *rd, const char *dir, size_t len)
{
	size_t i;

	if (is_wanted(rd, dir, len))
		return true;
	for (i = 0; rd->ours && rd->ours[i]; i++)
		if (strncmp(dir, rd->ours[i], len) == 0)
			return true;
	return false;
}

/* 1, or GV_ENOMEM. */
static int
add(struct reading *rd, const char *name, size_t len, const struct found *f)
{
	int r = GV_GROW(rd->found, rd->n, rd->cap);

	if (r < 0)
		return r;
	rd->found[rd->n] = *f;
	rd->found[rd->n++].at = rd->text.len;
	gv_buf_add(&rd->text, name, len);
	gv_buf_addch(&rd->text, '\0');
	return 1;
}

/* 1, 0 for git, GV_ENOMEM, as the next two. A file that went meanwhile is in
 * packed-refs, or gone. */
static int
read_file(
    struct reading *rd, int fd, const char *file, const struct gv_buf *path)
{
	struct gv_buf text = GV_BUF_INIT;
	struct found f = { 0 };
	int r = gv_file_read(&text, fd, file, MAX_FILE);

	if (r == GV_ENOTFOUND || r == GV_ENOMEM) {
		r = r == GV_ENOMEM ? r : 1;
		goto out;
	}
	f.is_symbolic = r == 0 && text.len > strlen(SYMBOLIC) &&
	    memcmp(text.p, SYMBOLIC, strlen(SYMBOLIC)) == 0;
	if (r < 0 ||
	    (!f.is_symbolic &&
		(text.len != GV_OID_HEX + 1 || text.p[GV_OID_HEX] != '\n' ||
		    gv_oid_parse(&f.oid, text.p) < 0 ||
		    gv_oid_is_zero(&f.oid))))
		r = 0;
	else
		r = add(rd, path->p, path->len, &f);
out:
	gv_buf_release(&text);
	return r;
}

static int read_dir(struct reading *rd, struct gv_buf *path, unsigned depth);

static int
read_one(struct reading *rd, int fd, const struct gv_dir_name *name,
    struct gv_buf *path, unsigned depth)
{
	size_t len = path->len;
	int r;

	if (name->type == DT_REG && is_lock(name->name, name->len))
		return 1;
	if ((name->type != DT_REG && name->type != DT_DIR) ||
	    !is_plain(name->name, name->len) || is_lock(name->name, name->len))
		return 0;
	gv_buf_add(path, name->name, name->len);
	if (name->type == DT_DIR)
		gv_buf_addch(path, '/');
	if ((r = gv_buf_check(path)) < 0)
		return r;
	r = 1;
	if (name->type == DT_REG && is_wanted(rd, path->p, path->len))
		r = read_file(rd, fd, name->name, path);
	else if (name->type == DT_DIR && may_hold(rd, path->p, path->len))
		r = read_dir(rd, path, depth + 1);
	gv_buf_truncate(path, len);
	return r;
}

/* What is in the folder `path`, "refs/…/". */
static int
read_dir(struct reading *rd, struct gv_buf *path, unsigned depth)
{
	struct gv_dir_names names = { 0 };
	size_t i;
	int fd, r = 1;

	if (depth == MAX_DEPTH)
		return 0;
	fd = gv_dir_open(rd->root, path->p, path->len - 1);
	if (fd < 0)
		return depth && errno == ENOENT;
	if (gv_dir_list(&names, fd) < 0)
		r = errno == ENOENT;
	for (i = 0; r > 0 && i < names.n; i++)
		r = read_one(rd, fd, &names.names[i], path, depth);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	return r;
}

/* A line of packed-refs without its newline. Of vault refs there may be
 * thousands, of which few are wanted. */
static int
read_line(struct reading *rd, const char *line, size_t len)
{
	struct found f = { .is_packed = true };
	const char *name = line + GV_OID_HEX + 1;

	if (len && *line == '^') /* what a tag points at */
		return 1;
	if (len <= GV_OID_HEX + 1 || name[-1] != ' ')
		return 0;
	len -= GV_OID_HEX + 1;
	if (!is_wanted(rd, name, len))
		return 1;
	if (!begins(name, len, REFS) || !is_plain_name(name, len) ||
	    gv_oid_parse(&f.oid, line) < 0 || gv_oid_is_zero(&f.oid))
		return 0;
	return add(rd, name, len, &f);
}

static int
read_packed(struct reading *rd)
{
	struct gv_file_map map = { 0 };
	const char *line, *end, *nl;
	bool is_head = true;
	int r = gv_file_map(&map, rd->root, "packed-refs", MAX_PACKED);

	if (r < 0)
		return r == GV_ENOMEM ? r : r == GV_ENOTFOUND;
	line = map.p;
	end = map.p + map.len;
	/* its first line says what git promises of the others */
	for (r = 1; r > 0 && line < end; is_head = false) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == NULL)
			r = 0;
		else if (is_head)
			r = begins(line, (size_t)(nl - line), HEAD);
		else
			r = read_line(rd, line, (size_t)(nl - line));
		line = nl ? nl + 1 : end;
	}
	gv_file_unmap(&map);
	return r;
}

/* By name, and a file before the line that it hides. */
static int
compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : x->is_packed - y->is_packed;
}

static int
make_list(struct gv_refs *out, struct reading *rd)
{
	struct gv_refs refs = { .text = gv_buf_take(&rd->text) };
	const char *last = "";
	size_t i;

	if (rd->n)
		refs.refs = calloc(rd->n, sizeof(*refs.refs));
	if (refs.text == NULL || (rd->n && refs.refs == NULL)) {
		gv_refs_release(&refs);
		return gv_err_nomem();
	}
	for (i = 0; i < rd->n; i++)
		rd->found[i].name = refs.text + rd->found[i].at;
	if (rd->n)
		qsort(rd->found, rd->n, sizeof(*rd->found), compare);
	for (i = 0; i < rd->n; i++) {
		const struct found *f = &rd->found[i];

		if (!f->is_symbolic && strcmp(f->name, last) != 0)
			refs.refs[refs.n++] =
			    (struct gv_ref){ f->name, f->oid };
		last = f->name;
	}
	*out = refs;
	return 1;
}

/* What is in the folder `top`, which `depth` says may be missing. */
static int
read_all(struct gv_refs *out, struct reading *rd, const struct gv_repo *repo,
    const char *top, unsigned depth)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	rd->root = gv_dir_open_root(repo->common_dir);
	gv_buf_addstr(&path, top);
	r = rd->root < 0 ? 0 : gv_buf_check(&path) < 0 ? GV_ENOMEM : 1;
	if (r > 0 && (r = read_dir(rd, &path, depth)) > 0 &&
	    (r = read_packed(rd)) > 0)
		r = make_list(out, rd);
	gv_file_close(rd->root);
	gv_buf_release(&path);
	gv_buf_release(&rd->text);
	free(rd->found);
	return r;
}

int
gv_ref_read_beside(
    struct gv_refs *out, const struct gv_repo *repo, const char *const *ours)
{
	struct reading rd = { .ours = ours, .text = GV_BUF_INIT };

	if (repo->common_dir == NULL || repo->git_dir == NULL ||
	    strcmp(repo->common_dir, repo->git_dir) != 0)
		return 0;
	return read_all(out, &rd, repo, REFS, 0);
}

int
gv_ref_read_below(
    struct gv_refs *out, const struct gv_repo *repo, const char *prefix)
{
	struct reading rd = { .below = prefix, .text = GV_BUF_INIT };

	if (repo->common_dir == NULL ||
	    !begins(prefix, strlen(prefix), GV_REFS_VAULT) ||
	    prefix[strlen(prefix) - 1] != '/')
		return 0;
	return read_all(out, &rd, repo, prefix, 1);
}
