#include "store/store_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "sys/clock.h"

#define A_DAY       86400
#define ENTRIES_MAX ((size_t)1 << 20) /* of a folder */
#define FOLDERS_MAX 10000             /* of a list: each is a request */

/* ---- a folder ---- */

static bool
is_part(const char *name)
{
	const size_t n = strlen(GV_STORE_TREE_PART);

	return strncmp(name, GV_STORE_TREE_PART, n) == 0 &&
	    gv_store_is_name(name + n) && strchr(name, '/') == NULL;
}

/* One part of the name of an object. */
static bool
may_be(const char *name, size_t len)
{
	char copy[GV_STORE_NAME_MAX + 1];

	if (len == 0 || len > GV_STORE_NAME_MAX || memchr(name, '/', len) ||
	    memchr(name, '\0', len))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return gv_store_is_name(copy) || is_part(copy);
}

int
gv_store_folder_add(struct gv_store_folder *folder, const char *name,
    size_t len, bool is_folder, const struct gv_store_stat *stat)
{
	struct gv_store_entry *e;
	int r;

	if (!may_be(name, len))
		return 0;
	if (folder->n >= ENTRIES_MAX)
		return gv_err(
		    GV_ECORRUPT, "a folder lists more than a million names");
	if ((r = GV_GROW(folder->all, folder->n, folder->cap)) < 0)
		return r;
	e = &folder->all[folder->n];
	e->name = malloc(len + 2);
	if (e->name == NULL)
		return gv_err_nomem();
	memcpy(e->name, name, len);
	memcpy(e->name + len, is_folder ? "/" : "", is_folder ? 2 : 1);
	e->stat = *stat;
	folder->n++;
	return 0;
}

void
gv_store_folder_release(struct gv_store_folder *folder)
{
	size_t i;

	if (folder == NULL)
		return;
	for (i = 0; i < folder->n; i++)
		free(folder->all[i].name);
	free(folder->all);
	memset(folder, 0, sizeof(*folder));
}

/* With its '/', a folder is where the names of what is in it are. */
static int
compare(const void *a, const void *b)
{
	const struct gv_store_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
sort(struct gv_store_folder *folder)
{
	if (folder->n)
		qsort(folder->all, folder->n, sizeof(*folder->all), compare);
}

/* ---- all folders ---- */

struct walk {
	const struct gv_store_tree *tree;
	const char *prefix, *after;
	gv_store_list_fn *fn;
	void *ctx;
	struct gv_buf path; /* of what is looked at */
	size_t top;         /* how long that is of the folder to begin with */
	size_t folders;
};

/* Whether nothing below the folder `w->path` can be wanted. */
static bool
is_aside(const struct walk *w)
{
	size_t n = strlen(w->prefix);

	if (strncmp(w->path.p, w->prefix, n < w->path.len ? n : w->path.len) !=
	    0)
		return true;
	/* all names in it begin with it */
	return strncmp(w->path.p, w->after, w->path.len) < 0;
}

static bool
is_wanted(const struct walk *w)
{
	return strncmp(w->path.p, w->prefix, strlen(w->prefix)) == 0 &&
	    strcmp(w->path.p, w->after) > 0 && gv_store_is_name(w->path.p);
}

static int walk_folder(struct walk *w);

static int
walk_one(struct walk *w, const struct gv_store_entry *e)
{
	if (w->path.p[w->path.len - 1] != '/')
		return is_wanted(w) ? w->fn(w->ctx, w->path.p, &e->stat) : 0;
	/* no name of an object is longer */
	return is_aside(w) || w->path.len > GV_STORE_NAME_MAX ? 0
							      : walk_folder(w);
}

static int
walk_folder(struct walk *w)
{
	struct gv_store_folder folder = { 0 };
	size_t base = w->path.len, i;
	int r;

	if (w->folders++ == FOLDERS_MAX)
		return gv_err(GV_ECORRUPT, "%s has more than %d folders",
		    w->tree->url, FOLDERS_MAX);
	r = w->tree->read(w->tree->self, &folder, w->path.p);
	/* it went meanwhile */
	if (r == GV_ENOTFOUND && base > w->top)
		r = 0;
	sort(&folder);
	for (i = 0; r == 0 && i < folder.n; i++) {
		if (i &&
		    strcmp(folder.all[i].name, folder.all[i - 1].name) == 0)
			r = gv_err(GV_ECORRUPT, "%s lists an object twice",
			    w->tree->url);
		gv_buf_truncate(&w->path, base);
		gv_buf_addstr(&w->path, folder.all[i].name);
		if (r == 0 && (r = gv_buf_check(&w->path)) == 0)
			r = walk_one(w, &folder.all[i]);
	}
	gv_buf_truncate(&w->path, base);
	gv_store_folder_release(&folder);
	return r;
}

/* A folder in a store may never have been made. Where the store itself is not
 * there, a list without objects would be a lie. */
static int
look_for_root(const struct gv_store_tree *tree)
{
	struct gv_store_folder folder = { 0 };
	int r = tree->read(tree->self, &folder, "");

	gv_store_folder_release(&folder);
	return r;
}

int
gv_store_tree_list(const struct gv_store_tree *tree, const char *prefix,
    const char *after, gv_store_list_fn *fn, void *ctx)
{
	struct walk w = { .tree = tree,
		.prefix = prefix,
		.after = after,
		.fn = fn,
		.ctx = ctx,
		.path = GV_BUF_INIT };
	const char *slash = strrchr(prefix, '/');
	int r;

	/* what is above need not be read */
	if (slash)
		gv_buf_add(&w.path, prefix, (size_t)(slash + 1 - prefix));
	w.top = w.path.len;
	if ((r = gv_buf_check(&w.path)) == 0)
		r = walk_folder(&w);
	if (r == GV_ENOTFOUND && slash)
		r = look_for_root(tree);
	gv_buf_release(&w.path);
	return r;
}

/* ---- what is unfinished ---- */

int
gv_store_tree_part(char out[GV_STORE_TREE_PART_SIZE])
{
	unsigned char random[8];
	int r = gv_clock_random(random, sizeof(random));

	memcpy(out, GV_STORE_TREE_PART, sizeof(GV_STORE_TREE_PART));
	if (r == 0)
		gv_enc_hex(
		    out + strlen(GV_STORE_TREE_PART), random, sizeof(random));
	return r;
}

static int
sweep_folder(const struct gv_store_tree *tree, struct gv_buf *path)
{
	int64_t before = gv_clock_now().tv_sec - A_DAY;
	struct gv_store_folder folder = { 0 };
	size_t base = path->len, i;
	int r = tree->read(tree->self, &folder, path->p);

	for (i = 0; r == 0 && i < folder.n; i++) {
		const struct gv_store_entry *e = &folder.all[i];

		if (!is_part(e->name) || e->stat.modified == 0 ||
		    e->stat.modified >= before)
			continue;
		gv_buf_truncate(path, base);
		gv_buf_addstr(path, e->name);
		if ((r = gv_buf_check(path)) == 0)
			r = tree->remove(tree->self, path->p);
	}
	gv_store_folder_release(&folder);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_store_tree_sweep(const struct gv_store_tree *tree, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (slash)
		gv_buf_add(&path, name, (size_t)(slash + 1 - name));
	if ((r = gv_buf_check(&path)) == 0)
		r = sweep_folder(tree, &path);
	gv_buf_release(&path);
	return r;
}
