#include "policy/plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/near.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team_file.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "vault/ledger.h"

#define SUFFIX     ".yaml"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)
#define LONGEST    64

/* ---- names --------------------------------------------------------------- */

static bool
is_name(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
			(p[i] >= 'A' && p[i] <= 'Z') ||
			(p[i] >= '0' && p[i] <= '9') || p[i] == '_' ||
			(p[i] == '-' && i)))
			return false;
	return len > 0 && len <= LONGEST;
}

/* Whether a file of the folder is a plan; *len is then that of its name. */
static bool
is_plan(const char *file, size_t *len)
{
	if (*len <= SUFFIX_LEN ||
	    memcmp(file + *len - SUFFIX_LEN, SUFFIX, SUFFIX_LEN) != 0)
		return false;
	*len -= SUFFIX_LEN;
	return is_name(file, *len);
}

struct names {
	const char **all;
	size_t n, cap;
};

static int
add_name(struct names *to, const char *name)
{
	int r;

	if (to->n == GV_PLAN_FILE_MAX)
		return gv_err(GV_EREFUSED,
		    GV_PLAN_FILE_DIR " has more than %d plans",
		    GV_PLAN_FILE_MAX);
	if ((r = GV_GROW(to->all, to->n, to->cap)) == 0)
		to->all[to->n++] = name;
	return r;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- the working tree ---------------------------------------------------- */

/* The folder, never through a link; -1 if it is missing. */
static int
open_dir(const struct gv_repo *repo)
{
	int root = gv_dir_open_root(repo->worktree), fd;

	if (root < 0)
		return -1;
	fd = gv_dir_open(root, GV_PLAN_FILE_DIR, strlen(GV_PLAN_FILE_DIR));
	gv_file_close(root);
	return fd;
}

static int
list_dir(struct gv_buf *out, int fd)
{
	struct gv_dir_names in = { .n = 0 };
	struct names names = { .n = 0 };
	size_t i, len;
	int r = 0;

	if (gv_dir_list(&in, fd) < 0) {
		r = gv_err_sys("cannot read " GV_PLAN_FILE_DIR);
		goto out;
	}
	for (i = 0; r == 0 && i < in.n; i++) {
		len = in.names[i].len;
		if (is_plan(in.names[i].name, &len))
			r = add_name(&names, in.names[i].name);
	}
	if (r < 0)
		goto out;
	if (names.n)
		qsort(names.all, names.n, sizeof(*names.all), compare);
	for (i = 0; i < names.n; i++)
		gv_buf_addf(out, "%.*s\n",
		    (int)(strlen(names.all[i]) - SUFFIX_LEN), names.all[i]);
	r = gv_buf_check(out);
out:
	free(names.all);
	gv_dir_names_release(&in);
	return r;
}

static int
read_file(struct gv_buf *out, int dir, const char *name)
{
	struct gv_buf file = GV_BUF_INIT;
	char part[16384];
	size_t was = out->len;
	ssize_t n;
	int fd, r;

	gv_buf_addf(&file, "%s" SUFFIX, name);
	if ((r = gv_buf_check(&file)) < 0)
		goto out;
	if ((fd = gv_dir_open_file(dir, file.p, file.len)) < 0) {
		r = errno == ELOOP
		    ? gv_err(GV_EREFUSED,
			  GV_PLAN_FILE_DIR "/%s" SUFFIX
					   " is a symbolic link, which no plan "
					   "can be",
			  name)
		    : gv_err_sys(
			  "cannot read " GV_PLAN_FILE_DIR "/%s" SUFFIX, name);
		goto out;
	}
	while ((n = gv_file_read_full(fd, part, sizeof(part))) > 0 &&
	    out->len - was <= GV_TEAM_FILE_MAX)
		gv_buf_add(out, part, (size_t)n);
	gv_file_close(fd);
	r = gv_buf_check(out);
	if (r == 0 && n < 0)
		r = gv_err_sys(
		    "cannot read " GV_PLAN_FILE_DIR "/%s" SUFFIX, name);
	else if (r == 0 && out->len - was > GV_TEAM_FILE_MAX)
		r = gv_err(GV_EREFUSED,
		    GV_PLAN_FILE_DIR "/%s" SUFFIX
				     " has more than 1 MiB, the most of a plan",
		    name);
out:
	gv_buf_release(&file);
	return r;
}

/* ---- a tree of Git ------------------------------------------------------- */

/* The entries of the folder, in the order of their names: fn(ctx, name, blob)
 * for each plan. */
static int
each_in_tree(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(void *ctx, const char *name, const struct gv_oid *blob),
    void *ctx)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_object obj = { 0 };
	struct gv_oid folder;
	char name[LONGEST + 1];
	unsigned mode;
	size_t len;
	int r = gv_tree_find(odb, tree, GV_PLAN_FILE_DIR, &mode, &folder);

	if (r < 0 || mode != GV_MODE_DIR)
		return r == GV_ENOTFOUND || r == 0 ? 0 : r;
	r = gv_odb_read_type(odb, &obj, &folder, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		len = e.name_len;
		if ((e.mode & 0170000) != 0100000 || !is_plan(e.name, &len))
			continue;
		memcpy(name, e.name, len);
		name[len] = '\0';
		if ((r = fn(ctx, name, &e.oid)) < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

static int
list_one(void *ctx, const char *name, const struct gv_oid *blob)
{
	(void)blob;
	gv_buf_addf(ctx, "%s\n", name);
	return gv_buf_check(ctx);
}

/* ---- both ---------------------------------------------------------------- */

int
gv_plan_file_list(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_oid tree;
	struct gv_odb *odb;
	int fd, r;

	if (repo->worktree == NULL) {
		r = gv_ledger_head(&tree, &odb, repo);
		return r <= 0 ? r : each_in_tree(odb, &tree, list_one, out);
	}
	if ((fd = open_dir(repo)) < 0)
		return 0;
	r = list_dir(out, fd);
	gv_file_close(fd);
	return r;
}

static int
not_found(struct gv_repo *repo, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	struct gv_buf names = GV_BUF_INIT;
	const char *p, *line;
	size_t n;
	int r = gv_plan_file_list(&names, repo);

	p = names.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, names.p + names.len))
		(void)gv_near_add(&near, line, n);
	if (r == 0 && near.name)
		r = gv_err(GV_ENOTFOUND,
		    "there is no plan '%.64s'; did you mean '%.*s'?", name,
		    (int)near.name_len, near.name);
	else if (r == 0)
		r = gv_err(GV_ENOTFOUND,
		    "there is no plan '%.64s' in " GV_PLAN_FILE_DIR
		    "; list them: git vault plan list",
		    name);
	gv_buf_release(&names);
	return r;
}

int
gv_plan_file_read(struct gv_buf *out, struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd, r = GV_ENOTFOUND;

	if (!is_name(name, strlen(name)))
		return not_found(repo, "?");
	if (repo->worktree == NULL) {
		gv_buf_addf(&path, GV_PLAN_FILE_DIR "/%s" SUFFIX, name);
		if ((r = gv_buf_check(&path)) == 0)
			r = gv_team_file_read_at(
			    out, repo, &repo->head, path.p);
		gv_buf_release(&path);
	} else if ((fd = open_dir(repo)) >= 0) {
		r = read_file(out, fd, name);
		gv_file_close(fd);
	}
	return r == GV_ENOTFOUND ? not_found(repo, name) : r;
}

/* ---- what is accepted ---------------------------------------------------- */

int
gv_plan_file_add_lines(
    struct gv_buf *out, const char *name, const char *text, size_t len)
{
	const char *p = text, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text + len)) {
		gv_buf_addf(out, "%s: ", name);
		gv_buf_add(out, line, n);
		gv_buf_addch(out, '\n');
	}
	if (out->len > GV_TEAM_FILE_MAX)
		return gv_err(GV_EREFUSED,
		    "the plans of " GV_PLAN_FILE_DIR
		    " are together larger than %zu KiB",
		    GV_TEAM_FILE_MAX / 1024);
	return gv_buf_check(out);
}

/* One way through all plans. Those that fit are as many as possible, so that a
 * large one that somebody pushed does not displace all others: where they do
 * not all fit, it is gone through again with the smaller ones alone. */
struct gathering {
	struct gv_buf *out, *left;
	struct gv_odb *odb;
	size_t *sizes, n, cap;
	size_t most; /* bytes of the largest that is taken */
	bool is_over;
};

static int
leave(struct gathering *g, const char *name, const char *why)
{
	gv_buf_addf(g->left, "%s: %.*s\n", name, (int)strcspn(why, "\n"), why);
	return gv_buf_check(g->left);
}

static int
take(struct gathering *g, const char *name, const struct gv_buf *text)
{
	struct gv_buf lines = GV_BUF_INIT;
	int r = gv_plan_file_add_lines(&lines, name, text->p, text->len);

	if (r == GV_EREFUSED) {
		r = leave(g, name, "it has more than 1 MiB");
		goto out;
	}
	if (r < 0 || (r = GV_GROW(g->sizes, g->n, g->cap)) < 0)
		goto out;
	g->sizes[g->n++] = lines.len;
	if (lines.len > g->most || g->out->len + lines.len > GV_TEAM_FILE_MAX) {
		g->is_over = true;
		r = leave(g, name,
		    "the plans have more than 1 MiB together, and it is one "
		    "of the largest");
		goto out;
	}
	gv_buf_add(g->out, lines.p, lines.len);
	r = gv_buf_check(g->out);
out:
	gv_buf_release(&lines);
	return r;
}

/* Take one in, or leave it for the reason that the message has. */
static int
take_read(
    struct gathering *g, const char *name, const struct gv_buf *text, int r)
{
	if (r == 0)
		return take(g, name, text);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return leave(g, name, gv_err_message());
}

static int
by_size(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The size up to which all fit. */
static size_t
find_most(struct gathering *g)
{
	size_t all = 0, i;

	qsort(g->sizes, g->n, sizeof(*g->sizes), by_size);
	for (i = 0; i < g->n; i++)
		if ((all += g->sizes[i]) > GV_TEAM_FILE_MAX)
			break;
	return i ? g->sizes[i - 1] : 0;
}

static int
gather(struct gv_buf *out, struct gv_buf *left, void *of,
    int (*each)(struct gathering *g, void *of))
{
	struct gathering g = { .out = out, .left = left, .most = SIZE_MAX };
	const size_t was = left->len;
	int r = each(&g, of);

	if (r == 0 && g.is_over) {
		g.most = find_most(&g);
		g.n = 0;
		gv_buf_reset(out);
		gv_buf_truncate(left, was);
		r = each(&g, of);
	}
	free(g.sizes);
	return r;
}

static int
add_blob(void *ctx, const char *name, const struct gv_oid *blob)
{
	struct gathering *g = ctx;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_team_file_read_blob(&text, g->odb, blob, name);

	r = take_read(g, name, &text, r);
	gv_buf_release(&text);
	return r;
}

struct tree {
	struct gv_odb *odb;
	const struct gv_oid *oid;
};

static int
each_of_tree(struct gathering *g, void *of)
{
	const struct tree *tree = of;

	g->odb = tree->odb;
	return each_in_tree(tree->odb, tree->oid, add_blob, g);
}

int
gv_plan_file_gather_tree(struct gv_buf *out, struct gv_buf *left,
    struct gv_odb *odb, const struct gv_oid *tree)
{
	struct tree of = { odb, tree };

	return gather(out, left, &of, each_of_tree);
}

static int
each_of_repo(struct gathering *g, void *of)
{
	struct gv_repo *repo = of;
	struct gv_buf names = GV_BUF_INIT, text = GV_BUF_INIT;
	char name[LONGEST + 1];
	const char *p, *line;
	size_t n;
	int r = gv_plan_file_list(&names, repo);

	p = names.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, names.p + names.len)) {
		memcpy(name, line, n);
		name[n] = '\0';
		gv_buf_reset(&text);
		r = gv_plan_file_read(&text, repo, name);
		r = take_read(g, name, &text, r);
	}
	gv_buf_release(&names);
	gv_buf_release(&text);
	return r;
}

int
gv_plan_file_gather(
    struct gv_buf *out, struct gv_buf *left, struct gv_repo *repo)
{
	struct gv_oid tree;
	struct gv_odb *odb;
	int r;

	if (repo->worktree)
		return gather(out, left, repo, each_of_repo);
	r = gv_ledger_head(&tree, &odb, repo);
	return r <= 0 ? r : gv_plan_file_gather_tree(out, left, odb, &tree);
}
