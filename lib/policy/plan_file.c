#include "policy/plan_file.h"

#include <fcntl.h>
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
		r = gv_err_sys(
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
		    GV_PLAN_FILE_DIR "/%s" SUFFIX " is too large", name);
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

struct gathering {
	struct gv_buf *out;
	struct gv_odb *odb;
};

static int
add_blob(void *ctx, const char *name, const struct gv_oid *blob)
{
	struct gathering *g = ctx;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_team_file_read_blob(&text, g->odb, blob, name);

	if (r == 0)
		r = gv_plan_file_add_lines(g->out, name, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_plan_file_gather_tree(
    struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gathering g = { out, odb };

	return each_in_tree(odb, tree, add_blob, &g);
}

int
gv_plan_file_gather(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_buf names = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_oid tree;
	struct gv_odb *odb;
	char name[LONGEST + 1];
	const char *p, *line;
	size_t n;
	int r;

	if (repo->worktree == NULL) {
		r = gv_ledger_head(&tree, &odb, repo);
		return r <= 0 ? r : gv_plan_file_gather_tree(out, odb, &tree);
	}
	r = gv_plan_file_list(&names, repo);
	p = names.p;
	while (r == 0 && gv_lines_next(&line, &n, &p, names.p + names.len)) {
		memcpy(name, line, n);
		name[n] = '\0';
		gv_buf_reset(&text);
		if ((r = gv_plan_file_read(&text, repo, name)) == 0)
			r = gv_plan_file_add_lines(out, name, text.p, text.len);
	}
	gv_buf_release(&names);
	gv_buf_release(&text);
	return r;
}
