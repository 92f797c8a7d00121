#include "policy/wish_file.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team_file.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "vault/ledger.h"
#include "worktree/index.h"

#define NAME_LEN (sizeof(GV_WISH_FILE) - 1)

/* ---- the text ----------------------------------------------------------- */

static void
add_path(struct gv_buf *out, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (path[i] == '\\' || path[i] == ':' || path[i] == '\n')
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, path[i] == '\n' ? 'n' : path[i]);
	}
	gv_buf_addstr(out, ": ");
}

int
gv_wish_file_add(struct gv_buf *out, const char *path, size_t path_len,
    const char *bytes, size_t len)
{
	const char *p = bytes, *line;
	size_t n;

	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (gv_lines_next(&line, &n, &p, bytes + len)) {
		n -= n > 0 && line[n - 1] == '\r';
		if (n == 0 || *line == '#')
			continue;
		add_path(out, path, path_len);
		gv_buf_add(out, line, n);
		gv_buf_addch(out, '\n');
	}
	return gv_buf_check(out);
}

int
gv_wish_file_of(struct gv_buf *out, const char *text, size_t len,
    const char *path, size_t path_len)
{
	struct gv_buf head = GV_BUF_INIT;
	/* an empty text may be NULL, which has no end */
	const char *p = len ? text : "", *const end = p + len, *line;
	size_t n;
	int r;

	add_path(&head, path, path_len);
	if ((r = gv_buf_check(&head)) < 0)
		goto out;
	while (gv_lines_next(&line, &n, &p, end)) {
		if (n < head.len || memcmp(line, head.p, head.len) != 0)
			continue;
		gv_buf_add(out, line + head.len, n - head.len);
		gv_buf_addch(out, '\n');
	}
	r = gv_buf_check(out);
out:
	gv_buf_release(&head);
	return r;
}

/* ---- what of two counts ------------------------------------------------- */

/* The first ": " ends the path, whose own colons have a backslash. */
static bool
is_negated(const char *line, size_t len)
{
	size_t i;

	for (i = 1; i + 2 < len; i++)
		if (line[i] == ':' && line[i + 1] == ' ' && line[i - 1] != '\\')
			return line[i + 2] == '!';
	return false;
}

bool
gv_wish_file_is_looser(
    const struct gv_buf *accepted, const struct gv_buf *present)
{
	const char *p = accepted->p, *end = p + accepted->len;
	const char *q = present->p, *stop = q + present->len;
	const char *a = NULL, *b = NULL;
	size_t a_len = 0, b_len = 0;
	bool has_a = gv_lines_next(&a, &a_len, &p, end);
	bool has_b = gv_lines_next(&b, &b_len, &q, stop);

	while (has_a || has_b) {
		bool is_same = has_a && has_b && a_len == b_len &&
		    memcmp(a, b, a_len) == 0;
		bool drop = has_a && !is_negated(a, a_len);
		bool add = has_b && is_negated(b, b_len);

		if (!is_same && !drop && !add)
			return true;
		/* an exclusion that comes later in both is not dropped */
		if (drop && add &&
		    gv_lines_have(q, (size_t)(stop - q), a, a_len))
			drop = false;
		if (is_same || drop)
			has_a = gv_lines_next(&a, &a_len, &p, end);
		if (is_same || !drop)
			has_b = gv_lines_next(&b, &b_len, &q, stop);
	}
	return false;
}

size_t
gv_wish_file_count_new(
    const struct gv_buf *accepted, const struct gv_buf *present)
{
	const char *p = present->p, *line;
	size_t len, n = 0;

	while (gv_lines_next(&line, &len, &p, present->p + present->len))
		n += !is_negated(line, len) &&
		    !gv_lines_have(accepted->p, accepted->len, line, len);
	return n;
}

enum gv_ignore_verdict
gv_wish_file_hold(
    enum gv_ignore_verdict accepted, enum gv_ignore_verdict present)
{
	if (accepted == GV_IGNORE_INCLUDED || present == GV_IGNORE_INCLUDED)
		return GV_IGNORE_INCLUDED;
	return accepted == present ? present : GV_IGNORE_UNDECIDED;
}

/* ---- the files ---------------------------------------------------------- */

bool
gv_wish_file_is_named(const char *path, size_t len)
{
	return len >= NAME_LEN &&
	    memcmp(path + len - NAME_LEN, GV_WISH_FILE, NAME_LEN) == 0 &&
	    (len == NAME_LEN || path[len - NAME_LEN - 1] == '/');
}

static int
check_size(const struct gv_buf *out, size_t from)
{
	return out->len - from > GV_TEAM_FILE_MAX
	    ? gv_err(GV_EREFUSED,
		  "the " GV_WISH_FILE " files are together larger than %zu KiB",
		  GV_TEAM_FILE_MAX / 1024)
	    : 0;
}

static int
add_file(struct gv_buf *out, int root, const char *path, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int fd = gv_dir_open_file(root, path, len), r;
	char part[16384];
	ssize_t n;

	if (fd < 0)
		return 0;
	while ((n = gv_file_read_full(fd, part, sizeof(part))) > 0 &&
	    text.len <= GV_TEAM_FILE_MAX)
		gv_buf_add(&text, part, (size_t)n);
	gv_file_close(fd);
	if ((r = gv_buf_check(&text)) == 0 && (r = check_size(&text, 0)) == 0)
		r = gv_wish_file_add(out, path, len, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static int
gather(struct gv_buf *out, const char *worktree, const struct gv_index *index)
{
	const struct gv_index_entry *last = NULL;
	size_t i, from = out->len;
	int root = -1, r = 0;

	for (i = 0; r == 0 && i < index->n; i++) {
		const struct gv_index_entry *e = &index->entries[i];

		if (!gv_wish_file_is_named(e->path, e->path_len) ||
		    (last && last->path_len == e->path_len &&
			memcmp(last->path, e->path, e->path_len) == 0))
			continue;
		last = e;
		if (root < 0 &&
		    (root = gv_dir_open(AT_FDCWD, worktree, strlen(worktree))) <
			0)
			return gv_err_sys("cannot open %s", worktree);
		if ((r = add_file(out, root, e->path, e->path_len)) == 0)
			r = check_size(out, from);
	}
	gv_file_close(root);
	return r;
}

struct gathering {
	struct gv_buf *out;
	struct gv_odb *odb;
	size_t from;
};

static int
add_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct gathering *g = ctx;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if ((e->mode & 0170000) != 0100000 || !gv_wish_file_is_named(path, len))
		return 0;
	if ((r = gv_team_file_read_blob(&text, g->odb, &e->oid, path)) == 0 &&
	    (r = gv_wish_file_add(g->out, path, len, text.p, text.len)) == 0)
		r = check_size(g->out, g->from);
	gv_buf_release(&text);
	return r;
}

int
gv_wish_file_gather_tree(
    struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gathering g = { out, odb, out->len };

	return gv_tree_walk(odb, tree, add_entry, &g);
}

static int
gather_head(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_oid tree;
	struct gv_odb *odb;
	int r = gv_ledger_head(&tree, &odb, repo);

	return r <= 0 ? r : gv_wish_file_gather_tree(out, odb, &tree);
}

int
gv_wish_file_gather(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_index *index)
{
	struct gv_index *own = NULL;
	int r = 0;

	if (repo->worktree == NULL)
		return gather_head(out, repo);
	if (index == NULL && (r = gv_index_open(&own, repo)) < 0)
		return r;
	r = gather(out, repo->worktree, index ? index : own);
	gv_index_close(own);
	return r;
}
